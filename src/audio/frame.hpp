// The unit in which audio moves through a call.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

namespace parley::audio {

/// The two rates a call can have; the first leg fixes it for good.
enum class Rate : std::uint32_t { narrow = 8'000, wide = 16'000 };

constexpr std::uint32_t hertz(Rate rate) { return static_cast<std::uint32_t>(rate); }

constexpr std::chrono::milliseconds frame_duration{20};
constexpr std::size_t frame_size(Rate rate) { return hertz(rate) / 50; }

/// 20 ms of mono int16 at the call's rate: 160 or 320 samples. A value without heap memory.
class Frame {
 public:
  constexpr Frame() : Frame{Rate::narrow} {}
  constexpr explicit Frame(Rate rate) : rate_{rate} {}

  constexpr Rate rate() const { return rate_; }
  constexpr std::span<std::int16_t> samples() { return {samples_.data(), frame_size(rate_)}; }
  constexpr std::span<const std::int16_t> samples() const { return {samples_.data(), frame_size(rate_)}; }
  constexpr void silence() { samples_.fill(0); }

 private:
  Rate rate_;
  std::array<std::int16_t, frame_size(Rate::wide)> samples_{};
};

}  // namespace parley::audio
