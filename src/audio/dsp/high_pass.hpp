// Takes hum, handling noise and a constant offset out of speech.
#pragma once

#include "audio/frame.hpp"

#include <cstdint>
#include <span>

namespace parley::audio {

/// Butterworth of second order, −3 dB at 80 Hz.
class HighPass {
 public:
  explicit HighPass(Rate rate);

  void process(std::span<std::int16_t> samples);

 private:
  // y[n] = gain (x[n] − 2 x[n−1] + x[n−2]) − a1 y[n−1] − a2 y[n−2], with both delays in two sums (transposed form II).
  float gain_, a1_, a2_;
  float first_ = 0, second_ = 0;
};

}  // namespace parley::audio
