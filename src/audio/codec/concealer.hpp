// What to play in the place of a packet that did not come, for codecs that do not say.
#pragma once

#include "audio/frame.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace parley::audio {

/// Repeats the last pitch period, fading out within 60 ms, and blends the repetition into what is
/// received next. The idea is G.711 Appendix I's, without its algorithmic delay. (spandsp has the
/// like for 8 kHz; version 0.0.6 moves its history with memcpy over itself, which is undefined.)
///
/// Shape   any number of samples per call. Every sample of the stream passes through it, in order.
/// Cost    a few µs for the first lost frame in a row, little after that; a copy when none is lost.
class Concealer {
 public:
  explicit Concealer(Rate rate);

  /// What was received. After a loss its first 5 ms are changed: they blend out of the guess.
  void received(std::span<std::int16_t> samples);
  void conceal(std::span<std::int16_t> out);
  void reset();

 private:
  static constexpr std::size_t longest_period_ms = 15;  // 67 Hz
  static constexpr std::size_t history_ms = 30;         // holds the longest lag and what is compared at it
  static constexpr std::size_t wide_ms = hertz(Rate::wide) / 1000;

  void remember(std::span<const std::int16_t> samples);
  void begin();
  std::int16_t next();
  void blend_in(std::span<std::int16_t> samples);
  std::size_t find_period() const;
  float similarity(std::size_t lag, std::size_t stride) const;
  std::span<std::int16_t> history() { return std::span{history_}.first(history_ms * ms_); }
  std::span<const std::int16_t> history() const { return std::span{history_}.first(history_ms * ms_); }

  std::size_t ms_;  // samples in one
  std::array<std::int16_t, history_ms * wide_ms> history_{};
  std::array<float, longest_period_ms * wide_ms> cycle_{};
  std::size_t period_ = 0, at_ = 0;
  std::size_t run_ = 0;  // samples concealed in a row
  float step_ = 0;
  std::size_t step_length_ = 0;
};

}  // namespace parley::audio
