#include "call/hearing.hpp"

namespace parley::call {
namespace {

bool hears(const Hearing& now, Part source, Part sink) {
  const bool talks = !now.held && !now.waiting;  // the caller takes part in what is said
  switch (sink) {
    case Part::caller:
      switch (source) {
        case Part::assistant: return now.assistant && talks;
        case Part::agent: return talks;
        case Part::player: return true;
        case Part::music: return now.held || now.waiting;
        case Part::caller:
        case Part::agent_apart:
        case Part::brief: return false;
      }
      return false;
    case Part::agent:
      switch (source) {
        case Part::caller: return talks;
        case Part::agent: return true;
        case Part::music: return now.caller_away && !now.held;
        case Part::assistant:
        case Part::agent_apart:
        case Part::player:
        case Part::brief: return false;
      }
      return false;
    case Part::agent_apart: return source == Part::brief;
    case Part::assistant: return source == Part::caller && !now.held;  // what it is written: an echo, a test
    case Part::player:
    case Part::music:
    case Part::brief: return false;
  }
  return false;
}

}  // namespace

float gain(const Hearing& hearing, Part source, Part sink) { return hears(hearing, source, sink) ? 1.0f : 0.0f; }

bool needs_music(const Hearing& hearing) { return hearing.held || hearing.waiting || hearing.caller_away; }

}  // namespace parley::call
