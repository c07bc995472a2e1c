#include "assistant/dtmf_input.hpp"

#include <utility>

namespace parley::assistant {

namespace {
constexpr std::size_t max_digits = 64;
}

void DtmfInput::digit(char digit, MediaTime now) {
  if (digits_.empty()) started_ = now;
  last_ = now;
  if (digit != '#' || digits_.empty()) digits_ += digit;
  ended_ =
      digit == '#' || digits_.size() == max_digits || (parameters_.count > 0 && digits_.size() >= parameters_.count);
}

std::optional<std::string> DtmfInput::advance(MediaTime now) {
  if (!open()) return {};
  const auto wait = parameters_.count > 0 ? parameters_.per_digit : parameters_.idle;
  if (!ended_ && now < last_ + wait) return {};
  ended_ = false;
  return std::exchange(digits_, {});
}

}  // namespace parley::assistant
