#include "assistant/idle.hpp"

namespace parley::assistant {

void Idle::caller_active(MediaTime now) {
  since_.reset();
  prompts_ = 0;
  alive_ = now;
}

Idle::Event Idle::advance(bool busy, MediaTime now) {
  if (busy) {
    since_.reset();
    alive_ = now;
    return Event::none;
  }
  if (!since_) since_ = now;
  if (!dead_ && now >= alive_ + parameters_.dead_silence) {
    dead_ = true;
    return Event::dead;
  }
  if (parameters_.prompt_after <= MediaTime{} || now < *since_ + parameters_.prompt_after) return Event::none;
  since_ = now;
  if (prompts_ > parameters_.prompts) return Event::none;  // the goodbye was said
  return ++prompts_ > parameters_.prompts ? Event::goodbye : Event::prompt;
}

}  // namespace parley::assistant
