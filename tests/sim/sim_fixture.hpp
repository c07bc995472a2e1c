// Seeds: each test has its own, PARLEY_SEED replays one.
#pragma once

#include <gmock/gmock.h>

#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sim/sound.hpp"
#include "sim/world.hpp"

namespace parley::sim {

/// `count` seeds from `first` on, or only the one that PARLEY_SEED names.
inline std::vector<std::uint64_t> seeds(std::size_t count, std::uint64_t first = 1) {
  if (const char* const named = std::getenv("PARLEY_SEED")) {
    const std::string_view text{named};
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (error == std::errc{} && end == text.data() + text.size()) return {seed};
  }
  std::vector<std::uint64_t> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(first + i);
  return all;
}
inline std::uint64_t seed(std::uint64_t usual = 1) { return seeds(1, usual).front(); }

/// Printed with every failure below it.
#define PARLEY_SIM_SEED(seed) SCOPED_TRACE("replay with PARLEY_SEED=" + std::to_string(seed))

/// Long enough for every SIP transaction to be forgotten.
constexpr Duration all_timers = 40s;

inline double ms(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

inline double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

}  // namespace parley::sim
