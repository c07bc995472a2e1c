#include "sim/sound.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "audio/codec.hpp"
#include "base/random.hpp"

namespace parley::sim {
namespace {

/// A pulse train through two resonances that move from syllable to syllable, and a little breath.
class VoiceBox {
 public:
  VoiceBox(std::uint64_t seed, audio::Rate rate)
      : random_{Random::seeded(seed)}, hz_{static_cast<double>(audio::hertz(rate))} {}

  double next(double loudness) {
    if (left_-- == 0) new_syllable();
    pitch_ += pitch_slope_;
    phase_ += pitch_ / hz_;
    double pulse = 0;
    if (phase_ >= 1) {
      phase_ -= 1;
      pulse = 9'000;
    }
    const double breath = (random_.unit() - 0.5) * 900;
    const double sound = first_.filter(pulse + breath, hz_) + 0.6 * second_.filter(pulse + breath, hz_);
    loudness_ += (loudness - loudness_) * 0.01;
    return std::clamp(sound * loudness_, -20'000.0, 20'000.0);
  }

 private:
  struct Resonance {
    double frequency = 600, y1 = 0, y2 = 0;
    double filter(double in, double hz) {
      const double r = 0.96, c = 2 * r * std::cos(2 * std::numbers::pi * frequency / hz);
      const double y = in + c * y1 - r * r * y2;
      y2 = y1;
      return y1 = y;
    }
  };

  void new_syllable() {
    left_ = static_cast<std::size_t>((0.09 + 0.12 * random_.unit()) * hz_);
    pitch_ = 95 + 70 * random_.unit();
    pitch_slope_ = (random_.unit() - 0.5) * 40 / static_cast<double>(left_);
    first_.frequency = 280 + 520 * random_.unit();
    second_.frequency = 950 + 1'300 * random_.unit();
  }

  Random random_;
  double hz_;
  std::size_t left_ = 0;
  double pitch_ = 120, pitch_slope_ = 0, phase_ = 0, loudness_ = 1;
  Resonance first_, second_;
};

}  // namespace

std::vector<std::int16_t> vowels(std::uint64_t seed, double seconds, audio::Rate rate) {
  VoiceBox voice{seed, rate};
  std::vector<std::int16_t> samples(static_cast<std::size_t>(seconds * audio::hertz(rate)));
  for (auto& sample : samples) sample = static_cast<std::int16_t>(voice.next(1));
  return samples;
}

std::vector<std::int16_t> speech(std::uint64_t seed, double seconds, audio::Rate rate) {
  VoiceBox voice{seed, rate};
  auto random = Random::seeded(seed + 1'000'003);
  std::vector<std::int16_t> samples(static_cast<std::size_t>(seconds * audio::hertz(rate)));
  bool word = false;
  std::size_t left = 0;
  for (auto& sample : samples) {
    if (left-- == 0) {
      word = !word;
      const double length = word ? 0.3 + 0.6 * random.unit() : 0.1 + 0.3 * random.unit();
      left = static_cast<std::size_t>(length * audio::hertz(rate));
    }
    sample = static_cast<std::int16_t>(voice.next(word ? 1 : 0));
  }
  return samples;
}

std::vector<std::int16_t> cough(std::uint64_t seed, double seconds, audio::Rate rate) {
  auto random = Random::seeded(seed);
  std::vector<std::int16_t> samples(static_cast<std::size_t>(seconds * audio::hertz(rate)));
  for (auto& sample : samples) sample = static_cast<std::int16_t>((random.unit() - 0.5) * 24'000);
  return samples;
}

Fit fit(std::span<const std::int16_t> said, std::span<const std::int16_t> got, std::size_t from, std::size_t length,
        std::int64_t least, std::int64_t most) {
  length = std::min(length, got.size() - std::min(from, got.size()));
  std::vector<float> window(length);
  double window_energy = 1e-9;
  for (std::size_t i = 0; i < length; ++i) {
    window[i] = got[from + i];
    window_energy += static_cast<double>(window[i]) * window[i];
  }
  Fit best{0, -1};
  for (std::int64_t lag = least; lag <= most; ++lag) {
    const auto start = static_cast<std::int64_t>(from) - lag;
    if (start < 0 || start + static_cast<std::int64_t>(length) > static_cast<std::int64_t>(said.size())) continue;
    const std::int16_t* const there = said.data() + start;
    float sum[8] = {}, energy[8] = {};  // several, so that the compiler may add them side by side
    std::size_t i = 0;
    for (; i + 8 <= length; i += 8)
      for (std::size_t k = 0; k < 8; ++k) {
        const float value = there[i + k];
        sum[k] += value * window[i + k];
        energy[k] += value * value;
      }
    double total = 0, said_energy = 1e-9;
    for (std::size_t k = 0; k < 8; ++k) total += sum[k], said_energy += energy[k];
    const double correlation = total / std::sqrt(window_energy * said_energy);
    if (correlation > best.correlation) best = {lag, correlation};
  }
  return best;
}

std::vector<Piece> track(std::span<const std::int16_t> said, std::span<const std::int16_t> got, std::size_t from,
                         std::size_t to, std::size_t length, std::int64_t furthest) {
  std::vector<Piece> pieces;
  std::int64_t around = 0, reach = furthest;
  for (std::size_t at = from; at + length <= std::min(to, got.size()); at += length) {
    double energy = 0;
    for (const double sample : got.subspan(at, length)) energy += sample * sample;
    if (energy / static_cast<double>(length) < 200.0 * 200.0) continue;
    const auto found = fit(said, got, at, length, around - reach, around + reach);
    pieces.push_back({at, found});
    if (found.correlation < 0.7) continue;
    around = found.lag;
    reach = std::min<std::int64_t>(furthest, 800);
  }
  return pieces;
}

double mean_correlation(std::span<const Piece> pieces) {
  double sum = 0;
  for (const auto& piece : pieces) sum += piece.found.correlation;
  return pieces.empty() ? 0 : sum / static_cast<double>(pieces.size());
}

std::int64_t median_lag(std::span<const Piece> pieces) {
  std::vector<std::int64_t> lags;
  for (const auto& piece : pieces) lags.push_back(piece.found.lag);
  if (lags.empty()) return 0;
  std::ranges::sort(lags);
  return lags[lags.size() / 2];
}

double longest_gap_ms(std::span<const std::int16_t> said, std::span<const std::int16_t> got, std::int64_t lag,
                      std::size_t from, audio::Rate rate) {
  const std::size_t step = audio::hertz(rate) / 100;
  const auto loudest = [](std::span<const std::int16_t> samples) {
    int peak = 0;
    for (const int sample : samples) peak = std::max(peak, std::abs(sample));
    return peak;
  };
  std::size_t run = 0, longest = 0;
  for (std::size_t at = from; at + step <= got.size(); at += step) {
    const auto origin = static_cast<std::int64_t>(at) - lag;
    if (origin < 0 || origin + static_cast<std::int64_t>(step) > static_cast<std::int64_t>(said.size())) continue;
    const bool missing =
        loudest(got.subspan(at, step)) < 200 && loudest(said.subspan(static_cast<std::size_t>(origin), step)) > 1'500;
    run = missing ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return static_cast<double>(longest) * 10;
}

std::vector<std::int16_t> through_mulaw(std::span<const std::int16_t> samples) {
  audio::CodecSpec spec;
  const auto encoder = audio::make_encoder(spec);
  const auto decoder = audio::make_decoder(spec);
  std::vector<std::int16_t> out(samples.size());
  std::array<std::byte, audio::max_payload_size> payload;
  for (std::size_t at = 0; at + 160 <= samples.size(); at += 160) {
    const auto size = encoder->encode(samples.subspan(at, 160), payload);
    (void)decoder->decode(std::span{payload}.first(size), std::span{out}.subspan(at, 160));
  }
  return out;
}

}  // namespace parley::sim
