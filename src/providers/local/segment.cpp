#include "providers/local/segment.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>

namespace parley::providers::local {

namespace {

// Nobody who is understood on a telephone is quieter than this at his loudest: line noise is.
constexpr int quiet_dbov = -48;
constexpr double short_s = 1.5;

// What Moonshine and its kin write when they are given noise (they were trained on subtitles).
constexpr std::array<std::string_view, 10> noise_words{
    "you", "thank you", "thanks for watching", "bye", "oh", "the", "yeah", "hmm", "uh", "so"};

std::size_t window(std::uint32_t rate_hz) { return rate_hz / 10; }

double energy(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const std::int16_t sample : samples) sum += static_cast<double>(sample) * sample;
  return sum;
}

}  // namespace

std::size_t quietest_point(std::span<const std::int16_t> samples, std::size_t from, std::size_t to,
                           std::uint32_t rate_hz) {
  to = std::min(to, samples.size());
  const std::size_t step = window(rate_hz) / 5;
  constexpr std::size_t steps_per_window = 5;
  if (from + window(rate_hz) > to) return to;

  std::array<double, steps_per_window> recent{};
  double sum = 0;
  double best = std::numeric_limits<double>::max();
  std::size_t best_at = to;
  std::size_t count = 0;
  for (std::size_t at = from; at + step <= to; at += step, ++count) {
    double& oldest = recent[count % steps_per_window];
    const double next = energy(samples.subspan(at, step));
    sum += next - oldest;
    oldest = next;
    if (count + 1 >= steps_per_window && sum < best) {
      best = sum;
      best_at = at + step - window(rate_hz) / 2;
    }
  }
  return best_at;
}

int loudest_dbov(std::span<const std::int16_t> samples, std::uint32_t rate_hz) {
  double loudest = 0;
  const std::size_t size = window(rate_hz);
  for (std::size_t at = 0; at < samples.size(); at += size) {
    const auto part = samples.subspan(at, std::min(size, samples.size() - at));
    // A short rest counts as if it were a whole window: it must not look loud for being short.
    loudest = std::max(loudest, energy(part) / static_cast<double>(size));
  }
  if (loudest <= 0) return -127;
  return std::max(-127, static_cast<int>(std::lround(10 * std::log10(loudest / (32768.0 * 32768.0)))));
}

std::string believable(std::string_view text, std::size_t samples, std::uint32_t rate_hz, int loudest_dbov) {
  std::string words;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || byte >= 0x80) {
      words += static_cast<char>(std::tolower(byte));
    } else if (c == ' ' && !words.empty() && words.back() != ' ') {
      words += ' ';
    }
  }
  while (!words.empty() && words.back() == ' ') words.pop_back();
  if (words.empty()) return {};

  const bool brief = static_cast<double>(samples) < short_s * rate_hz;
  const bool doubtful = std::find(noise_words.begin(), noise_words.end(), words) != noise_words.end();
  if (doubtful && brief && loudest_dbov < quiet_dbov) return {};

  const std::size_t begin = text.find_first_not_of(" \n\t");
  const std::size_t end = text.find_last_not_of(" \n\t");
  return std::string{text.substr(begin, end - begin + 1)};
}

}  // namespace parley::providers::local
