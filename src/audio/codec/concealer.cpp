#include "audio/codec/concealer.hpp"

#include <algorithm>
#include <cmath>

namespace parley::audio {
namespace {

constexpr std::size_t shortest_period_x2_ms = 5;  // 400 Hz
constexpr std::size_t compared_ms = 10;
constexpr std::size_t steady_ms = 10,
                      gone_ms = 60;  // the guess is at full level so long, and silent after
constexpr std::size_t blend_ms = 5;

}  // namespace

Concealer::Concealer(Rate rate) : ms_{hertz(rate) / 1000} {}

void Concealer::received(std::span<std::int16_t> samples) {
  if (run_ > 0) blend_in(samples);
  remember(samples);
}

void Concealer::conceal(std::span<std::int16_t> out) {
  if (run_ == 0) begin();
  for (std::int16_t& sample : out) sample = next();
  remember(out);
}

void Concealer::reset() {
  history_.fill(0);
  run_ = 0;
}

void Concealer::remember(std::span<const std::int16_t> samples) {
  const auto past = history();
  const auto kept = samples.last(std::min(samples.size(), past.size()));
  std::shift_left(past.begin(), past.end(), static_cast<std::ptrdiff_t>(kept.size()));
  std::ranges::copy(kept, past.last(kept.size()).begin());
}

void Concealer::begin() {
  const std::size_t period = find_period(), overlap = period / 4;
  const auto past = history();
  const auto cycle = past.last(period), lead_in = past.last(period + overlap).first(overlap);
  std::ranges::copy(cycle, cycle_.begin());
  // Towards its end the cycle becomes what came before its beginning, so that it repeats without a
  // seam.
  for (std::size_t i = 0; i < overlap; ++i) {
    const float weight = static_cast<float>(i + 1) / static_cast<float>(overlap + 1);
    float& end = cycle_[period - overlap + i];
    end += weight * (static_cast<float>(lead_in[i]) - end);
  }
  // The first cycle follows the unblended end: take up the step there and let it die away.
  step_ = static_cast<float>(past.back()) - static_cast<float>(lead_in.back());
  step_length_ = overlap;
  period_ = period;
  at_ = 0;
}

std::int16_t Concealer::next() {
  const std::size_t steady = steady_ms * ms_, gone = gone_ms * ms_;
  if (run_ >= gone) return 0;
  float value = cycle_[at_];
  if (run_ < step_length_)
    value += step_ * (1.0f - static_cast<float>(run_ + 1) / static_cast<float>(step_length_ + 1));
  if (run_ > steady) value *= static_cast<float>(gone - run_) / static_cast<float>(gone - steady);
  at_ = at_ + 1 == period_ ? 0 : at_ + 1;
  ++run_;
  return static_cast<std::int16_t>(std::clamp(std::lround(value), -32768l, 32767l));
}

void Concealer::blend_in(std::span<std::int16_t> samples) {
  const std::size_t size = std::min(blend_ms * ms_, samples.size());
  for (std::size_t i = 0; i < size; ++i) {
    const float weight = static_cast<float>(i + 1) / static_cast<float>(size + 1);
    const float guess = next();
    samples[i] = static_cast<std::int16_t>(std::lround(guess + weight * (static_cast<float>(samples[i]) - guess)));
  }
  run_ = 0;
}

/// The lag at which the last 10 ms are most like what came before them.
std::size_t Concealer::find_period() const {
  const std::size_t shortest = shortest_period_x2_ms * ms_ / 2, longest = longest_period_ms * ms_;
  const std::size_t stride = ms_ / 4;  // of the coarse search: 2 or 4
  std::size_t best = shortest;
  float best_score = -1;
  const auto search = [&](std::size_t from, std::size_t to, std::size_t step) {
    for (std::size_t lag = from; lag <= to; lag += step)
      if (const float score = similarity(lag, step); score > best_score) {
        best_score = score;
        best = lag;
      }
  };
  search(shortest, longest, stride);
  best_score = -1;
  search(std::max(shortest, best - stride), std::min(longest, best + stride), 1);
  return best;
}

float Concealer::similarity(std::size_t lag, std::size_t stride) const {
  const std::size_t compared = compared_ms * ms_;
  const auto now = history().last(compared), then = history().last(compared + lag).first(compared);
  float product = 0, energy = 1;
  for (std::size_t i = 0; i < compared; i += stride) {
    const float a = now[i], b = then[i];
    product += a * b;
    energy += b * b;
  }
  return product <= 0 ? 0 : product / std::sqrt(energy);
}

}  // namespace parley::audio
