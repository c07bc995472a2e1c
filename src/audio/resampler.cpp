#include "audio/resampler.hpp"

#include "base/assert.hpp"

#include <algorithm>

#include <speex/speex_resampler.h>

namespace parley::audio {
namespace {

SpeexResamplerState* speex(void* state) { return static_cast<SpeexResamplerState*>(state); }

}  // namespace

void Resampler::Destroy::operator()(void* state) const { speex_resampler_destroy(speex(state)); }

Resampler::Resampler(std::uint32_t from_hz, std::uint32_t to_hz, int quality) : from_hz_{from_hz}, to_hz_{to_hz} {
  PARLEY_ASSERT(from_hz > 0 && to_hz > 0);
  if (from_hz == to_hz) return;
  int error = RESAMPLER_ERR_SUCCESS;
  state_.reset(speex_resampler_init(1, from_hz, to_hz, quality, &error));
  PARLEY_ASSERT(error == RESAMPLER_ERR_SUCCESS && state_ != nullptr);
}

Resampler::~Resampler() = default;
Resampler::Resampler(Resampler&&) noexcept = default;
Resampler& Resampler::operator=(Resampler&&) noexcept = default;

std::size_t Resampler::output_bound(std::size_t input_size) const { return input_size * to_hz_ / from_hz_ + 1; }

std::size_t Resampler::process(std::span<const std::int16_t> in, std::span<std::int16_t> out) {
  if (state_ == nullptr) {
    PARLEY_ASSERT(out.size() >= in.size());
    std::ranges::copy(in, out.begin());
    return in.size();
  }
  auto taken = static_cast<spx_uint32_t>(in.size());
  auto made = static_cast<spx_uint32_t>(out.size());
  speex_resampler_process_int(speex(state_.get()), 0, in.data(), &taken, out.data(), &made);
  PARLEY_ASSERT(taken == in.size());  // else `out` was too small and sound is lost
  return made;
}

void Resampler::skip_delay() {
  if (state_ != nullptr) speex_resampler_skip_zeros(speex(state_.get()));
}

std::size_t Resampler::delay() const {
  return state_ == nullptr ? 0 : static_cast<std::size_t>(speex_resampler_get_output_latency(speex(state_.get())));
}

void Resampler::reset() {
  if (state_ != nullptr) speex_resampler_reset_mem(speex(state_.get()));
}

std::vector<std::int16_t> resample(std::span<const std::int16_t> samples, std::uint32_t from_hz, std::uint32_t to_hz,
                                   int quality) {
  if (from_hz == to_hz) return {samples.begin(), samples.end()};
  Resampler resampler{from_hz, to_hz, quality};
  const std::size_t wanted = samples.size() * to_hz / from_hz;
  // Silence behind the end pushes out what the filter still holds.
  const std::vector<std::int16_t> tail((resampler.delay() + 2) * from_hz / to_hz + 2);
  std::vector<std::int16_t> out(resampler.output_bound(samples.size()) + resampler.output_bound(tail.size()));
  resampler.skip_delay();
  const std::size_t size = resampler.process(samples, out);
  resampler.process(tail, std::span{out}.subspan(size));
  out.resize(wanted);
  return out;
}

}  // namespace parley::audio
