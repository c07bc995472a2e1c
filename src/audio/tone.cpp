#include "audio/tone.hpp"

#include "audio/mix.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace parley::audio {
namespace {

std::size_t samples_in(std::chrono::milliseconds duration, Rate rate) {
  return static_cast<std::size_t>(duration.count()) * (hertz(rate) / 1000);
}

}  // namespace

Oscillator::Oscillator(double frequency_hz, double level_dbov, Rate rate) {
  const double step = 2 * std::numbers::pi * frequency_hz / hertz(rate);
  step_cos_ = std::cos(step);
  step_sin_ = std::sin(step);
  constexpr double full_scale_sine_dbov = -3.0103;
  amplitude_ = frequency_hz > 0 ? 32'767 * std::pow(10, (level_dbov - full_scale_sine_dbov) / 20) : 0;
}

double Oscillator::next() {
  const double value = sin_ * amplitude_;
  const double cos = cos_ * step_cos_ - sin_ * step_sin_;
  sin_ = sin_ * step_cos_ + cos_ * step_sin_;
  cos_ = cos;
  // One step of Newton's towards length 1: rounding would change the level in a day-long tone.
  const double correction = (3 - cos_ * cos_ - sin_ * sin_) / 2;
  cos_ *= correction;
  sin_ *= correction;
  return value;
}

Tone::Tone(const Pattern& pattern, Rate rate)
    : rate_{rate},
      oscillators_{Oscillator{pattern.frequency_hz[0], pattern.level_dbov, rate},
                   Oscillator{pattern.frequency_hz[1], pattern.level_dbov, rate}},
      on_{samples_in(pattern.on, rate)},
      period_{samples_in(pattern.on + pattern.off, rate)} {}

bool Tone::read(Frame& frame) {
  bool sounds = false;
  const auto ramp = static_cast<double>(fade_size(rate_));
  for (std::int16_t& sample : frame.samples()) {
    const double value = oscillators_[0].next() + oscillators_[1].next();
    double gain = std::min(1.0, static_cast<double>(at_) / ramp);
    if (on_ > 0) gain = at_ >= on_ ? 0 : std::min(gain, static_cast<double>(on_ - at_) / ramp);
    sample = static_cast<std::int16_t>(std::clamp(std::lround(value * gain), -32768l, 32767l));
    sounds = sounds || gain > 0;
    ++at_;
    if (period_ > 0 && at_ == period_) at_ = 0;
  }
  return sounds;
}

}  // namespace parley::audio
