// Tones that the system makes itself: the test tone, ringback, busy.
#pragma once

#include "audio/frame.hpp"

#include <array>
#include <chrono>
#include <cstdint>

namespace parley::audio {

/// A sine, sample by sample, by a rotating phasor that is kept at its amplitude.
class Oscillator {
 public:
  Oscillator() = default;
  Oscillator(double frequency_hz, double level_dbov, Rate rate);
  double next();

 private:
  double cos_ = 1, sin_ = 0;
  double step_cos_ = 1, step_sin_ = 0;
  double amplitude_ = 0;
};

/// One or two sines with a cadence. Begins and ends each piece with a 5 ms ramp.
class Tone {
 public:
  struct Pattern {
    double frequency_hz[2];        // the second may be 0
    double level_dbov;             // of each
    std::chrono::milliseconds on;  // zero: for ever
    std::chrono::milliseconds off;
  };

  Tone(const Pattern& pattern, Rate rate);

  /// The next 20 ms; false when it is all pause.
  bool read(Frame& frame);

 private:
  Rate rate_;
  std::array<Oscillator, 2> oscillators_;
  std::size_t on_, period_;
  std::size_t at_ = 0;
};

constexpr Tone::Pattern test_tone{{1004, 0}, -16, {}, {}};  // extension 9197: 0 dBm0's usual −16 dBov
constexpr Tone::Pattern ringback_us{{440, 480}, -24, std::chrono::seconds{2}, std::chrono::seconds{4}};
constexpr Tone::Pattern ringback_eu{{425, 0}, -20, std::chrono::seconds{1}, std::chrono::seconds{4}};
constexpr Tone::Pattern busy_us{{480, 620}, -24, std::chrono::milliseconds{500}, std::chrono::milliseconds{500}};

}  // namespace parley::audio
