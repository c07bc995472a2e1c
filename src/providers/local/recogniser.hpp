// A speech model that takes a whole utterance at once.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"

namespace parley::providers::local {

class Recogniser {
 public:
  static constexpr std::uint32_t rate_hz = 16'000;

  virtual ~Recogniser() = default;
  /// The text of up to about 15 s of speech at 16 kHz, as the model writes it; or why it could not,
  /// for the log. Called on threads of the speech pool, several at once; blocks for as long as it
  /// takes.
  virtual Result<std::string, std::string> recognise(std::span<const std::int16_t> samples) = 0;
};

}  // namespace parley::providers::local
