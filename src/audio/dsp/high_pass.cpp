#include "audio/dsp/high_pass.hpp"

#include "audio/to_sample.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace parley::audio {

HighPass::HighPass(Rate rate) {
  constexpr double cutoff_hz = 80;
  const double k = std::tan(std::numbers::pi * cutoff_hz / static_cast<double>(hertz(rate)));
  const double norm = 1 / (1 + std::numbers::sqrt2 * k + k * k);
  gain_ = static_cast<float>(norm);
  a1_ = static_cast<float>(2 * (k * k - 1) * norm);
  a2_ = static_cast<float>((1 - std::numbers::sqrt2 * k + k * k) * norm);
}

void HighPass::process(std::span<std::int16_t> samples) {
  float first = first_;
  float second = second_;
  for (std::int16_t& sample : samples) {
    const float in = gain_ * static_cast<float>(sample);
    const float out = in + first;
    first = second - 2 * in - a1_ * out;
    second = in - a2_ * out;
    sample = to_sample(out);
  }
  // Far below a sample's last bit; numbers that go on shrinking cost a hundred times as much.
  constexpr float nothing = 1e-6f;
  first_ = std::abs(first) < nothing ? 0 : first;
  second_ = std::abs(second) < nothing ? 0 : second;
}

}  // namespace parley::audio
