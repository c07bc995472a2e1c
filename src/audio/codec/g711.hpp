// G.711: one byte a sample, logarithmic.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace parley::audio::g711 {

enum class Law : std::uint8_t { mu, a };

// Negative samples are folded by one's complement, not negated, as the ITU's own tool does it: the
// usual negation gives a neighbouring µ-law code at 127 of the 65,536 inputs.

constexpr std::uint8_t mulaw_from(std::int16_t sample) {
  constexpr int bias = 33, largest = 0x1FFF;  // of 14 bits
  const int magnitude = ((sample < 0 ? ~sample : sample) >> 2) + bias;
  const auto clipped = static_cast<unsigned>(magnitude > largest ? largest : magnitude);
  const int segment = static_cast<int>(std::bit_width(clipped)) - 6;
  const auto code = static_cast<unsigned>(segment) << 4 | (clipped >> (segment + 1) & 0x0F);
  return static_cast<std::uint8_t>(code ^ (sample < 0 ? 0x7Fu : 0xFFu));
}

constexpr std::int16_t from_mulaw(std::uint8_t code) {
  constexpr int bias = 33 << 2;
  const unsigned inverted = static_cast<std::uint8_t>(~code);
  const int magnitude = ((static_cast<int>(inverted & 0x0F) << 3) + bias) << (inverted >> 4 & 7);
  return static_cast<std::int16_t>(inverted & 0x80 ? bias - magnitude : magnitude - bias);
}

constexpr std::uint8_t alaw_from(std::int16_t sample) {
  const auto magnitude = static_cast<unsigned>((sample < 0 ? ~sample : sample) >> 4);  // of 12 bits
  unsigned code = magnitude;
  if (magnitude > 0x0F) {
    const int segment = static_cast<int>(std::bit_width(magnitude)) - 4;
    code = static_cast<unsigned>(segment) << 4 | (magnitude >> (segment - 1) & 0x0F);
  }
  return static_cast<std::uint8_t>((code | (sample < 0 ? 0x00u : 0x80u)) ^ 0x55u);
}

constexpr std::int16_t from_alaw(std::uint8_t code) {
  const unsigned even = code ^ 0x55u;  // every other bit is inverted on the wire
  const int segment = static_cast<int>(even >> 4 & 7);
  int magnitude = (static_cast<int>(even & 0x0F) << 4) + 8;
  if (segment > 0) magnitude = (magnitude + 0x100) << (segment - 1);
  return static_cast<std::int16_t>(even & 0x80 ? magnitude : -magnitude);
}

constexpr std::uint8_t silence(Law law) { return law == Law::mu ? 0xFF : 0xD5; }

/// `out` is as long as the input.
void decode(Law law, std::span<const std::byte> payload, std::span<std::int16_t> out);
void encode(Law law, std::span<const std::int16_t> pcm, std::span<std::byte> out);

}  // namespace parley::audio::g711
