#include "observe/warn_sampler.hpp"

namespace parley::observe {

std::string_view event_phrase(std::string_view line) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return line;
  const auto space = line.substr(0, equals).rfind(' ');
  return space == std::string_view::npos ? std::string_view{} : line.substr(0, space);
}

std::optional<std::uint64_t> WarnSampler::admit(std::string_view line, TimePoint now) {
  if (phrases_.size() >= 1000) phrases_.clear();
  Phrase& phrase = phrases_[std::string{event_phrase(line)}];
  if (now - phrase.second >= 1s) {
    phrase.second = now;
    phrase.passed = 0;
  }
  if (phrase.passed >= per_second_) {
    ++phrase.held_back;
    return std::nullopt;
  }
  ++phrase.passed;
  return std::exchange(phrase.held_back, 0);
}

std::vector<WarnSampler::HeldBack> WarnSampler::take_silent(TimePoint now) {
  std::vector<HeldBack> silent;
  for (auto& [text, phrase] : phrases_)
    if (phrase.held_back > 0 && now - phrase.second >= 1s) silent.push_back({text, std::exchange(phrase.held_back, 0)});
  return silent;
}

}  // namespace parley::observe
