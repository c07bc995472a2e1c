#include "audio/level.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cmath>

namespace parley::audio {

int level_dbov(std::span<const std::int16_t> frame) {
  PARLEY_ASSERT(!frame.empty());
  std::int64_t sum = 0;
  for (const std::int16_t sample : frame) sum += static_cast<std::int32_t>(sample) * sample;
  if (sum == 0) return -127;
  // The overload point is a full-scale square wave: 0 dBov (RFC 6464 §3).
  constexpr double full_scale = 32768.0 * 32768.0;
  const double level = 10 * std::log10(static_cast<double>(sum) / (full_scale * static_cast<double>(frame.size())));
  return std::clamp(static_cast<int>(std::lround(level)), -127, 0);
}

}  // namespace parley::audio
