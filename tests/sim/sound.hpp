// Sounds to say, and measures of what arrived.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "audio/frame.hpp"

namespace parley::sim {

/// Words of a synthetic voice with pauses between them. No two seconds are alike, so that there is
/// one place only where a piece of it fits.
std::vector<std::int16_t> speech(std::uint64_t seed, double seconds, audio::Rate rate);
/// The same voice without a pause, from the first sample on.
std::vector<std::int16_t> vowels(std::uint64_t seed, double seconds, audio::Rate rate);
/// A short loud noise.
std::vector<std::int16_t> cough(std::uint64_t seed, double seconds, audio::Rate rate);

struct Fit {
  std::int64_t lag = 0;    // samples that `got` is behind
  double correlation = 0;  // 1: the same but for its level
};
/// Where `got[from, from + length)` fits best into `said`, with a lag between `least` and `most`.
Fit fit(std::span<const std::int16_t> said, std::span<const std::int16_t> got, std::size_t from, std::size_t length,
        std::int64_t least, std::int64_t most);

/// How the delay went: a fit for each piece of `length`, searched around the one before. Pieces in
/// which too little was said to tell are left out.
struct Piece {
  std::size_t at = 0;
  Fit found;
};
std::vector<Piece> track(std::span<const std::int16_t> said, std::span<const std::int16_t> got, std::size_t from,
                         std::size_t to, std::size_t length, std::int64_t furthest);
double mean_correlation(std::span<const Piece> pieces);
std::int64_t median_lag(std::span<const Piece> pieces);

/// The longest stretch in which `got` is silent while `said`, `lag` samples earlier, was not.
double longest_gap_ms(std::span<const std::int16_t> said, std::span<const std::int16_t> got, std::int64_t lag,
                      std::size_t from, audio::Rate rate);

/// As G.711 µ-law leaves it.
std::vector<std::int16_t> through_mulaw(std::span<const std::int16_t> samples);

}  // namespace parley::sim
