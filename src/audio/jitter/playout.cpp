#include "audio/jitter/playout.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace parley::audio {
namespace {

constexpr std::size_t shortest_ms_x10 = 25;  // pitch up to 400 Hz
constexpr std::size_t longest_ms = 15;       // and down to 67
constexpr std::size_t blend_ms = 5;
constexpr std::size_t max_blend = blend_ms * 16;
constexpr double smoothing = 1.0 / 16;  // of the error, per tick
constexpr double quiet_band_ms = 2;     // the error left alone: in silence, where mending is free
constexpr double speech_band_ms = 5;    // and in speech
constexpr double urgent_ms = 40;        // mend it even where it may be heard
constexpr float alike = 0.6f;
constexpr std::uint32_t rest_ticks = 4;  // between two pieces in speech

/// The sum of products of two equally long pieces. In eight sums, which a compiler may keep in vectors; the last
/// few samples are left out.
float product_sum(std::span<const std::int16_t> left, std::span<const std::int16_t> right) {
  constexpr std::size_t lanes = 8;
  std::array<float, lanes> sums{};
  for (std::size_t i = 0; i + lanes <= left.size(); i += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane)
      sums[lane] += static_cast<float>(left[i + lane]) * static_cast<float>(right[i + lane]);
  float sum = 0;
  for (const float part : sums) sum += part;
  return sum;
}

float energy_of(std::span<const std::int16_t> samples) {
  return product_sum(samples, samples) / static_cast<float>(samples.size());
}

std::int16_t between(std::int16_t from, std::int16_t to, std::size_t at, std::size_t length) {
  const auto weight = static_cast<int>(at + 1), whole = static_cast<int>(length + 1);
  return static_cast<std::int16_t>((from * (whole - weight) + to * weight) / whole);
}

}  // namespace

Playout::Playout(Rate rate, std::size_t capacity) : rate_{rate}, ms_{hertz(rate) / 1000}, samples_{capacity} {}

void Playout::steer(Duration error) {
  const double now = std::chrono::duration<double>(error).count() * hertz(rate_);
  ++ticks_;
  // Measurements jitter with the tick; the first ones are averaged plainly to begin near the truth.
  error_ += (now - error_) * std::max(smoothing, 1.0 / ticks_);
}

std::size_t Playout::wanted() const {
  const bool late = error_ > quiet_band_ms * static_cast<double>(ms_);
  return frame_size(rate_) + (late ? longest_ms * ms_ : 0);
}

void Playout::pop(Frame& frame) {
  PARLEY_ASSERT(samples_.size() >= frame_size(rate_) && frame.rate() == rate_);
  ++rested_;
  const bool quiet = front_is_quiet();
  const double size = std::abs(error_) / static_cast<double>(ms_);
  const bool due = quiet              ? size > quiet_band_ms
                   : size > urgent_ms ? rested_ > 1
                                      : size > speech_band_ms && rested_ > rest_ticks;
  if (due && error_ > 0) accelerate(quiet);
  if (due && error_ < 0) expand(quiet);
  std::ranges::copy(samples_.content().first(frame_size(rate_)), frame.samples().begin());
  samples_.drop_front(frame_size(rate_));
}

void Playout::reset() {
  samples_.clear();
  error_ = 0;
  ticks_ = 0;
  floor_ = 0;
}

void Playout::shifted(Duration change) { error_ += std::chrono::duration<double>(change).count() * hertz(rate_); }

void Playout::stretched(double change) {
  error_ += change;
  rested_ = 0;
}

/// Quiet is below -50 dBov, or little above the quietest of the last seconds.
bool Playout::front_is_quiet() {
  constexpr float very_quiet = 104.0f * 104.0f, never_quiet = 580.0f * 580.0f;  // -50 and -35 dBov
  const float energy = energy_of(samples_.content().first(frame_size(rate_)));
  floor_ = std::min(energy, floor_ * 1.01f + 1.0f);
  return energy < very_quiet || (energy < 3 * floor_ && energy < never_quiet);
}

/// The lag at which the front is most like what follows it. Needs `longest` plus a blend of
/// samples.
Playout::Similarity Playout::find_period(std::size_t longest) {
  const auto content = samples_.content();
  const std::size_t shortest = shortest_ms_x10 * ms_ / 10;
  const std::size_t compared = std::min(10 * ms_, content.size() - longest);
  const std::size_t stride = rate_ == Rate::wide ? 2 : 1;
  const auto front = content.first(compared);
  const float own = product_sum(front, front) + 1;
  const auto score = [&](std::size_t lag) {
    const auto shifted = content.subspan(lag, compared);
    return product_sum(front, shifted) / std::sqrt(own * (product_sum(shifted, shifted) + 1));
  };
  Similarity best{shortest, -1};
  for (std::size_t lag = shortest; lag <= longest; lag += 2 * stride)
    if (const float here = score(lag); here > best.score) best = {lag, here};
  const std::size_t from = std::max(shortest, best.lag - (2 * stride - 1)),
                    to = std::min(longest, best.lag + 2 * stride - 1);
  for (std::size_t lag = from; lag <= to; ++lag)
    if (const float here = score(lag); here > best.score) best = {lag, here};
  return best;
}

void Playout::accelerate(bool quiet) {
  const std::size_t frame = frame_size(rate_), blend = blend_ms * ms_;
  if (samples_.size() < frame + shortest_ms_x10 * ms_ / 10) return;
  const std::size_t longest = std::min(longest_ms * ms_, samples_.size() - frame);
  std::size_t lag = std::min(longest, static_cast<std::size_t>(error_));
  if (!quiet) {
    const Similarity found = find_period(longest);
    if (found.score < alike && error_ < urgent_ms * static_cast<double>(ms_)) return;
    lag = found.lag;
  }
  const auto content = samples_.content();
  for (std::size_t i = 0; i < blend; ++i) content[lag + i] = between(content[i], content[lag + i], i, blend);
  samples_.drop_front(lag);
  accelerated_ += lag;
  stretched(-static_cast<double>(lag));
}

void Playout::expand(bool quiet) {
  const std::size_t blend = blend_ms * ms_;
  const std::size_t longest = std::min(longest_ms * ms_, samples_.size() - 2 * blend);
  if (samples_.room() < longest) return;
  std::size_t lag = std::min(longest, static_cast<std::size_t>(-error_));
  if (!quiet) {
    const Similarity found = find_period(longest);
    if (found.score < alike && -error_ < urgent_ms * static_cast<double>(ms_)) return;
    lag = found.lag;
  }
  std::array<std::int16_t, max_blend> onward;  // what would have followed the piece that is now heard twice
  std::ranges::copy(samples_.content().subspan(lag, blend), onward.begin());
  (void)samples_.space(lag);
  samples_.grow(lag);
  const auto content = samples_.content();
  std::shift_right(content.begin(), content.end(), static_cast<std::ptrdiff_t>(lag));
  std::ranges::copy(content.subspan(lag, lag), content.begin());  // the piece, once more
  for (std::size_t i = 0; i < blend; ++i) content[lag + i] = between(onward[i], content[lag + i], i, blend);
  expanded_ += lag;
  stretched(static_cast<double>(lag));
}

}  // namespace parley::audio
