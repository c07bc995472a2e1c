#include "assistant/barge_in.hpp"

namespace parley::assistant {

BargeIn::BargeIn(const BargeInParameters& parameters)
    : parameters_{parameters}, stop_words_{parameters.stop_words}, acknowledgements_{parameters.acknowledgements} {}

BargeIn::Decision BargeIn::speech(MediaTime spoken, bool audible, MediaTime now) {
  if (silence_) ignored_ = worded_ = false;  // a new segment
  silence_.reset();
  spoken_ = spoken;
  if (!paused_) {
    if (ignored_ || (audible && spoken < parameters_.pause_after)) return Decision::none;
    paused_ = now;
    return Decision::pause;
  }
  const bool enough_words = worded_ || parameters_.words_to_commit == 0;
  if (enough_words && spoken >= parameters_.commit_after) return commit();
  return Decision::none;
}

void BargeIn::stopped(MediaTime t_end) { silence_ = t_end; }

BargeIn::Decision BargeIn::words(std::string_view text, bool boundary, bool complete) {
  switch (weigh(text, boundary)) {
    case Weight::enough: return commit();
    case Weight::few: worded_ = true; return spoken_ >= parameters_.commit_after ? commit() : Decision::none;
    case Weight::acknowledgement:
    case Weight::nothing: return complete && silence_ ? resume() : Decision::none;
  }
  return Decision::none;
}

BargeIn::Decision BargeIn::advance(MediaTime now) {
  if (!paused_) return Decision::none;
  if (silence_) return now >= *silence_ + parameters_.false_alarm ? resume() : Decision::none;
  if (!worded_ && now >= *paused_ + parameters_.wordless_limit) {
    ignored_ = true;
    return resume();
  }
  return Decision::none;
}

BargeIn::Decision BargeIn::dismissed() { return resume(); }

void BargeIn::reset() {
  paused_.reset();
  silence_.reset();
  worded_ = ignored_ = false;
}

BargeIn::Weight BargeIn::weigh(std::string_view text, bool boundary) const {
  const auto words = words_of(text);
  if (words.empty()) return Weight::nothing;
  if (stop_words_.contained_in(words)) return Weight::enough;
  const auto count = boundary ? words.size() : acknowledgements_.words_beside(words);
  if (count == 0) return Weight::acknowledgement;
  return count >= parameters_.words_to_commit ? Weight::enough : Weight::few;
}

BargeIn::Decision BargeIn::commit() {
  reset();
  return Decision::commit;
}

BargeIn::Decision BargeIn::resume() {
  if (!paused_) return Decision::none;
  paused_.reset();
  return Decision::resume;
}

}  // namespace parley::assistant
