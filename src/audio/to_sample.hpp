// From the numbers that sound is computed in to those it is kept in.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace parley::audio {

/// The nearest sample, the ends of the range for what lies beyond. Written so that a compiler makes vectors of it,
/// which it does not of std::lrint().
inline std::int16_t to_sample(float value) {
  const float rounded = std::clamp(value, -32768.0f, 32767.0f) + std::copysign(0.5f, value);
  return static_cast<std::int16_t>(static_cast<std::int32_t>(rounded));
}

}  // namespace parley::audio
