#include "audio/dsp/halver.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace parley::audio {
namespace {

constexpr std::size_t pairs = 5;  // of taps around the middle one; every other tap of a half-band filter is zero

std::array<float, pairs> taps() {
  std::array<float, pairs> out{};
  double sum = 0.25;
  for (std::size_t i = 0; i < pairs; ++i) {
    const double k = 2.0 * static_cast<double>(i) + 1;
    const double window = 0.54 + 0.46 * std::cos(std::numbers::pi * k / 10);
    out[i] = static_cast<float>(std::sin(std::numbers::pi * k / 2) / (std::numbers::pi * k) * window);
    sum += static_cast<double>(out[i]);
  }
  for (float& tap : out) tap *= static_cast<float>(0.25 / (sum - 0.25));  // gain 1 at 0 Hz
  return out;
}

const std::array<float, pairs> half_band = taps();

}  // namespace

void Halver::process(std::span<const std::int16_t> in, std::span<std::int16_t> out) {
  PARLEY_ASSERT(in.size() == 2 * out.size() && in.size() <= largest);
  std::ranges::copy(in, line_.begin() + past);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int16_t* const middle = line_.data() + 2 * i + past / 2;
    float sum = 0.5f * static_cast<float>(middle[0]);
    for (std::size_t k = 0; k < pairs; ++k) {
      const auto away = static_cast<std::ptrdiff_t>(2 * k + 1);
      sum += half_band[k] * static_cast<float>(middle[away] + middle[-away]);
    }
    out[i] = static_cast<std::int16_t>(std::clamp(sum, -32768.0f, 32767.0f));
  }
  std::copy_n(line_.begin() + static_cast<std::ptrdiff_t>(in.size()), past, line_.begin());
}

}  // namespace parley::audio
