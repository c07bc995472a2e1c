// Sounds and measures for the tests of this folder.
#pragma once

#include "audio/frame.hpp"
#include "audio/wav.hpp"
#include "base/testing/source_folder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numbers>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace parley::audio::testing {

inline std::vector<std::byte> bytes_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  std::vector<std::byte> bytes(text.size());
  std::ranges::transform(text, bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

inline std::vector<std::int16_t> words_of(const std::filesystem::path& path) {
  const auto bytes = bytes_of(path);
  std::vector<std::int16_t> words(bytes.size() / 2);
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] =
        static_cast<std::int16_t>(std::to_integer<int>(bytes[2 * i]) | std::to_integer<int>(bytes[2 * i + 1]) << 8);
  return words;
}

inline std::vector<std::int16_t> sine(double frequency_hz, double amplitude, Rate rate, std::size_t count) {
  std::vector<std::int16_t> samples(count);
  for (std::size_t i = 0; i < count; ++i)
    samples[i] = static_cast<std::int16_t>(
        std::lround(amplitude * std::sin(2 * std::numbers::pi * frequency_hz * static_cast<double>(i) / hertz(rate))));
  return samples;
}

/// Something with pitch, syllables and pauses: a pulse train through two resonances, 140 Hz
/// wandering.
inline std::vector<std::int16_t> speech_like(Rate rate, std::size_t count, unsigned seed = 1) {
  std::mt19937 random{seed};
  std::normal_distribution<double> noise{0, 30};
  std::vector<std::int16_t> samples(count);
  double phase = 0, a1 = 0, a2 = 0, b1 = 0, b2 = 0;
  const double hz = hertz(rate);
  const auto resonance = [&](double in, double frequency, double& y1, double& y2) {
    const double r = 0.97, c = 2 * r * std::cos(2 * std::numbers::pi * frequency / hz);
    const double y = in + c * y1 - r * r * y2;
    y2 = y1;
    return y1 = y;
  };
  for (std::size_t i = 0; i < count; ++i) {
    const double t = static_cast<double>(i) / hz;
    const double syllable = std::max(0.0, std::sin(2 * std::numbers::pi * 1.7 * t));
    phase += (140 + 25 * std::sin(2 * std::numbers::pi * 0.6 * t)) / hz;
    double pulse = 0;
    if (phase >= 1) {
      phase -= 1;
      pulse = 2'500;
    }
    const double value = syllable * (resonance(pulse, 600, a1, a2) + resonance(pulse, 1'400, b1, b2)) + noise(random);
    samples[i] = static_cast<std::int16_t>(std::lround(std::clamp(value, -32768.0, 32767.0)));
  }
  return samples;
}

inline double energy(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const double sample : samples) sum += sample * sample;
  return sum;
}

/// Signal to noise of `got` against `wanted`, in dB, over their common length.
inline double snr_db(std::span<const std::int16_t> wanted, std::span<const std::int16_t> got) {
  double signal = 0, noise = 1e-9;
  for (std::size_t i = 0; i < std::min(wanted.size(), got.size()); ++i) {
    const double s = wanted[i], e = s - got[i];
    signal += s * s;
    noise += e * e;
  }
  return 10 * std::log10(signal / noise);
}

/// The shift of `got` behind `wanted` at which they are most alike.
inline std::size_t delay_between(std::span<const std::int16_t> wanted, std::span<const std::int16_t> got,
                                 std::size_t most) {
  std::size_t best = 0;
  double best_score = -1e300;
  for (std::size_t shift = 0; shift <= most; ++shift) {
    double score = 0;
    for (std::size_t i = 0; i + shift < got.size() && i < wanted.size(); ++i)
      score += static_cast<double>(wanted[i]) * got[i + shift];
    if (score > best_score) {
      best_score = score;
      best = shift;
    }
  }
  return best;
}

/// The power of one frequency, as amplitude of a sine (Goertzel).
inline double amplitude_at(std::span<const std::int16_t> samples, double frequency_hz, double rate_hz) {
  double re = 0, im = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double angle = 2 * std::numbers::pi * frequency_hz * static_cast<double>(i) / rate_hz;
    re += samples[i] * std::cos(angle);
    im += samples[i] * std::sin(angle);
  }
  return 2 * std::sqrt(re * re + im * im) / static_cast<double>(samples.size());
}

/// A sound cut into frames, the last one filled up with silence.
inline std::vector<Frame> frames_of(std::span<const std::int16_t> samples, Rate rate) {
  std::vector<Frame> frames;
  for (std::size_t at = 0; at < samples.size(); at += frame_size(rate)) {
    Frame frame{rate};
    std::ranges::copy(samples.subspan(at, std::min(frame_size(rate), samples.size() - at)), frame.samples().begin());
    frames.push_back(frame);
  }
  return frames;
}

}  // namespace parley::audio::testing
