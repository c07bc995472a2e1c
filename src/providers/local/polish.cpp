#include "providers/local/polish.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace parley::providers::local {

namespace {

constexpr double target_rms = 3276.8;    // −20 dBov: 20 dB under a square wave of full scale
constexpr double highest_peak = 29'204;  // −1 dBFS: what resamplers and codecs add must fit too
constexpr std::uint32_t lead_ms = 50;
constexpr std::uint32_t tail_ms = 120;
constexpr double largest_gain = 32;

int peak(const std::vector<std::int16_t>& samples) {
  int highest = 0;
  for (const std::int16_t sample : samples) highest = std::max(highest, std::abs(int{sample}));
  return highest;
}

/// RMS over those 10 ms blocks that are not pauses.
double speech_rms(const std::vector<std::int16_t>& samples, std::size_t block, double floor) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t at = 0; at + block <= samples.size(); at += block) {
    double energy = 0;
    for (std::size_t i = at; i < at + block; ++i) energy += static_cast<double>(samples[i]) * samples[i];
    if (energy < floor * floor * static_cast<double>(block)) continue;
    sum += energy;
    count += block;
  }
  return count == 0 ? 0 : std::sqrt(sum / static_cast<double>(count));
}

}  // namespace

void polish(std::vector<std::int16_t>& samples, std::uint32_t rate_hz) {
  const int highest = peak(samples);
  if (highest == 0) return;

  // Speech begins where it comes within 30 dB of its peak; what is softer lasts less than the 50 ms
  // that stay.
  const int threshold = std::max(highest / 32, 8);
  const auto is_loud = [&](std::int16_t sample) { return std::abs(int{sample}) >= threshold; };
  const auto first = std::find_if(samples.begin(), samples.end(), is_loud);
  const auto last = std::find_if(samples.rbegin(), samples.rend(), is_loud).base();
  const auto lead = std::min<std::ptrdiff_t>(first - samples.begin(), rate_hz * lead_ms / 1000);
  const auto tail = std::min<std::ptrdiff_t>(samples.end() - last, rate_hz * tail_ms / 1000);
  samples.erase(last + tail, samples.end());
  samples.erase(samples.begin(), first - lead);

  const double rms = speech_rms(samples, rate_hz / 100, threshold);
  if (rms == 0) return;
  const double gain = std::min({target_rms / rms, highest_peak / highest, largest_gain});
  for (std::int16_t& sample : samples) sample = static_cast<std::int16_t>(std::lround(sample * gain));
}

}  // namespace parley::providers::local
