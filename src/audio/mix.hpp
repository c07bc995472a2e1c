// The kernels of the bridge: add up with gains, saturate, and never click.
#pragma once

#include "audio/frame.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace parley::audio {

/// A gain as the kernels take it: 4096 is 1. At most 8, at least 0.
class Gain {
 public:
  static constexpr int bits = 12;
  static constexpr std::int32_t unity = 1 << bits;

  constexpr Gain() = default;
  constexpr explicit Gain(double factor)
      : q12_{factor <= 0   ? 0
             : factor >= 8 ? 8 * unity
                           : static_cast<std::int32_t>(factor * unity + 0.5)} {}
  constexpr std::int32_t q12() const { return q12_; }
  constexpr bool silent() const { return q12_ == 0; }
  constexpr bool operator==(const Gain&) const = default;

 private:
  std::int32_t q12_ = unity;
};

/// What one sink hears, while it is being added up. Room for 255 sources at full scale and gain 8.
struct Mix {
  std::array<std::int32_t, frame_size(Rate::wide)> sums;
};

constexpr std::size_t fade_size(Rate rate) { return hertz(rate) / 200; }  // 5 ms

void clear(Mix& mix);
/// Adds `source` with a steady gain.
void mix_into(Mix& mix, const Frame& source, Gain gain);
/// Adds `source` with a gain that goes from `before` to `now` within the first 5 ms: a switch.
void mix_into(Mix& mix, const Frame& source, Gain before, Gain now);
/// Saturates to int16.
void finish(const Mix& mix, Frame& out);

/// The same for a single source, in place: what a two-party bridge needs.
void apply_gain(Frame& frame, Gain before, Gain now);

/// Raises the first 5 ms from silence, or lowers the last 5 ms into it.
void fade_in(std::span<std::int16_t> samples, Rate rate);
void fade_out(std::span<std::int16_t> samples, Rate rate);

}  // namespace parley::audio
