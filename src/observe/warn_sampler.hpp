// Keeps a flood of the same warning from drowning the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"

namespace parley::observe {

/// The fixed phrase that a line begins with: up to the first `key=value`.
std::string_view event_phrase(std::string_view line);

/// At most `per_second` lines of one phrase in a second; the next that passes says how many did not.
/// Not thread-safe. Remembers up to 1,000 phrases.
class WarnSampler {
 public:
  explicit WarnSampler(std::uint32_t per_second) : per_second_{per_second} {}

  /// How many of its phrase were held back since the last that passed; nothing: hold this one back.
  std::optional<std::uint64_t> admit(std::string_view line, TimePoint now);

  struct HeldBack {
    std::string phrase;
    std::uint64_t count;
  };
  /// Phrases of which lines were held back and which have been silent for a second: so that the last
  /// of a flood is told too.
  std::vector<HeldBack> take_silent(TimePoint now);

 private:
  struct Phrase {
    TimePoint second{};
    std::uint32_t passed = 0;
    std::uint64_t held_back = 0;
  };
  std::uint32_t per_second_;
  std::unordered_map<std::string, Phrase> phrases_;
};

}  // namespace parley::observe
