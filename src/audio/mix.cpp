#include "audio/mix.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace parley::audio {
namespace {

std::int16_t saturate(std::int32_t value) {
  return static_cast<std::int16_t>(std::clamp<std::int32_t>(value, INT16_MIN, INT16_MAX));
}

/// The gain at sample `at` of a switch from one to the other.
std::int32_t on_the_way(Gain before, Gain now, std::size_t at, std::size_t length) {
  const auto done = static_cast<std::int32_t>(at + 1), whole = static_cast<std::int32_t>(length + 1);
  return before.q12() + (now.q12() - before.q12()) * done / whole;
}

}  // namespace

void clear(Mix& mix) { mix.sums.fill(0); }

void mix_into(Mix& mix, const Frame& source, Gain gain) {
  const auto samples = source.samples();
  if (gain == Gain{})
    for (std::size_t i = 0; i < samples.size(); ++i) mix.sums[i] += samples[i];
  else
    for (std::size_t i = 0; i < samples.size(); ++i) mix.sums[i] += (samples[i] * gain.q12()) >> Gain::bits;
}

void mix_into(Mix& mix, const Frame& source, Gain before, Gain now) {
  if (before == now) return mix_into(mix, source, now);
  const auto samples = source.samples();
  const std::size_t ramp = fade_size(source.rate());
  for (std::size_t i = 0; i < ramp; ++i) mix.sums[i] += (samples[i] * on_the_way(before, now, i, ramp)) >> Gain::bits;
  for (std::size_t i = ramp; i < samples.size(); ++i) mix.sums[i] += (samples[i] * now.q12()) >> Gain::bits;
}

void finish(const Mix& mix, Frame& out) {
  const auto samples = out.samples();
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = saturate(mix.sums[i]);
}

void apply_gain(Frame& frame, Gain before, Gain now) {
  if (before == Gain{} && now == Gain{}) return;
  const auto samples = frame.samples();
  const std::size_t ramp = before == now ? 0 : fade_size(frame.rate());
  for (std::size_t i = 0; i < ramp; ++i)
    samples[i] = saturate((samples[i] * on_the_way(before, now, i, ramp)) >> Gain::bits);
  for (std::size_t i = ramp; i < samples.size(); ++i) samples[i] = saturate((samples[i] * now.q12()) >> Gain::bits);
}

void fade_in(std::span<std::int16_t> samples, Rate rate) {
  const std::size_t ramp = std::min(fade_size(rate), samples.size());
  for (std::size_t i = 0; i < ramp; ++i)
    samples[i] = static_cast<std::int16_t>(samples[i] * static_cast<int>(i + 1) / static_cast<int>(ramp + 1));
}

void fade_out(std::span<std::int16_t> samples, Rate rate) {
  const std::size_t ramp = std::min(fade_size(rate), samples.size());
  const auto end = samples.last(ramp);
  for (std::size_t i = 0; i < ramp; ++i)
    end[i] = static_cast<std::int16_t>(end[i] * static_cast<int>(ramp - i) / static_cast<int>(ramp + 1));
}

}  // namespace parley::audio
