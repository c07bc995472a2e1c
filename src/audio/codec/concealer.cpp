#include "audio/codec/concealer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <spandsp/telephony.h>
#include <spandsp/plc.h>

namespace parley::audio {

class Concealer::Narrow {
 public:
  Narrow() { reset(); }
  void received(std::span<std::int16_t> samples) { plc_rx(&plc_, samples.data(), static_cast<int>(samples.size())); }
  void conceal(std::span<std::int16_t> out) { plc_fillin(&plc_, out.data(), static_cast<int>(out.size())); }
  void reset() { plc_init(&plc_); }

 private:
  plc_state_t plc_{};
};

/// Pitch repetition after the idea of G.711 Appendix I, without its algorithmic delay.
class Concealer::Wide {
 public:
  void received(std::span<std::int16_t> samples) {
    if (run_ > 0) blend_in(samples);
    remember(samples);
  }

  void conceal(std::span<std::int16_t> out) {
    if (run_ == 0) begin();
    for (std::int16_t& sample : out) sample = next();
    remember(out);
  }

  void reset() { *this = {}; }

 private:
  static constexpr std::size_t shortest_period = 40;   // 400 Hz
  static constexpr std::size_t longest_period = 240;   // 67 Hz
  static constexpr std::size_t compared = 160;         // 10 ms
  static constexpr std::size_t history_size = 480;     // 30 ms; holds the longest lag plus what is compared
  static constexpr std::size_t steady = 160, gone = 960;  // the guess is at full level for 10 ms, silent after 60
  static constexpr std::size_t blend = 80;             // 5 ms
  static_assert(history_size >= longest_period + compared);

  void remember(std::span<const std::int16_t> samples) {
    if (samples.size() >= history_size) {
      std::ranges::copy(samples.last(history_size), history_.begin());
      return;
    }
    std::shift_left(history_.begin(), history_.end(), static_cast<std::ptrdiff_t>(samples.size()));
    std::ranges::copy(samples, history_.end() - static_cast<std::ptrdiff_t>(samples.size()));
  }

  void begin() {
    const std::size_t period = find_period();
    const auto cycle = history_.end() - static_cast<std::ptrdiff_t>(period);
    const std::size_t overlap = period / 4;
    for (std::size_t i = 0; i < period; ++i) cycle_[i] = cycle[static_cast<std::ptrdiff_t>(i)];
    // Towards its end the cycle becomes what came before its beginning, so that it repeats without a seam.
    for (std::size_t i = 0; i < overlap; ++i) {
      const float weight = static_cast<float>(i + 1) / static_cast<float>(overlap + 1);
      const std::size_t at = period - overlap + i;
      const float before = cycle[static_cast<std::ptrdiff_t>(i) - static_cast<std::ptrdiff_t>(overlap)];
      cycle_[at] += weight * (before - cycle_[at]);
    }
    // The first cycle follows the unblended end: take up the step there and let it die away.
    step_ = static_cast<float>(history_.back()) - static_cast<float>(*(cycle - 1));
    step_length_ = overlap;
    period_ = period;
    at_ = 0;
  }

  std::int16_t next() {
    if (run_ >= gone) return 0;
    float value = cycle_[at_];
    if (run_ < step_length_)
      value += step_ * (1.0f - static_cast<float>(run_ + 1) / static_cast<float>(step_length_ + 1));
    if (run_ > steady) value *= static_cast<float>(gone - run_) / static_cast<float>(gone - steady);
    at_ = at_ + 1 == period_ ? 0 : at_ + 1;
    ++run_;
    return static_cast<std::int16_t>(std::clamp(std::lround(value), -32768l, 32767l));
  }

  void blend_in(std::span<std::int16_t> samples) {
    const std::size_t size = std::min(blend, samples.size());
    for (std::size_t i = 0; i < size; ++i) {
      const float weight = static_cast<float>(i + 1) / static_cast<float>(size + 1);
      const float guess = next();
      samples[i] = static_cast<std::int16_t>(std::lround(guess + weight * (static_cast<float>(samples[i]) - guess)));
    }
    run_ = 0;
  }

  /// The lag at which the last 10 ms are most like what came before them.
  std::size_t find_period() const {
    std::size_t best = shortest_period;
    float best_score = -1;
    const auto consider = [&](std::size_t lag, std::size_t stride) {
      const float score = similarity(lag, stride);
      if (score <= best_score) return;
      best_score = score;
      best = lag;
    };
    for (std::size_t lag = shortest_period; lag <= longest_period; lag += 4) consider(lag, 4);
    const std::size_t coarse = best;
    best_score = -1;
    for (std::size_t lag = std::max(shortest_period, coarse - 4); lag <= std::min(longest_period, coarse + 4); ++lag)
      consider(lag, 1);
    return best;
  }

  float similarity(std::size_t lag, std::size_t stride) const {
    const std::int16_t* const now = history_.data() + history_size - compared;
    const std::int16_t* const then = now - lag;
    float product = 0, energy = 1;
    for (std::size_t i = 0; i < compared; i += stride) {
      product += static_cast<float>(now[i]) * static_cast<float>(then[i]);
      energy += static_cast<float>(then[i]) * static_cast<float>(then[i]);
    }
    return product <= 0 ? 0 : product / std::sqrt(energy);
  }

  std::array<std::int16_t, history_size> history_{};
  std::array<float, longest_period> cycle_{};
  std::size_t period_ = 0, at_ = 0;
  std::size_t run_ = 0;  // samples concealed in a row
  float step_ = 0;
  std::size_t step_length_ = 0;
};

void Concealer::Destroy::operator()(Narrow* narrow) const { delete narrow; }
void Concealer::Destroy::operator()(Wide* wide) const { delete wide; }

Concealer::Concealer(Rate rate)
    : narrow_{rate == Rate::narrow ? new Narrow : nullptr}, wide_{rate == Rate::wide ? new Wide : nullptr} {}

void Concealer::received(std::span<std::int16_t> samples) {
  if (narrow_) narrow_->received(samples);
  else wide_->received(samples);
}

void Concealer::conceal(std::span<std::int16_t> out) {
  if (narrow_) narrow_->conceal(out);
  else wide_->conceal(out);
}

void Concealer::reset() {
  if (narrow_) narrow_->reset();
  else wide_->reset();
}

}  // namespace parley::audio
