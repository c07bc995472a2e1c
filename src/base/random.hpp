// Randomness is handed to whoever needs it, so that a test can replay it from a seed.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>

namespace parley {

/// A source of random numbers. `secure()` draws from the operating system and is what the program
/// uses for anything a stranger must not guess; `seeded()` repeats itself, for tests and simulation.
class Random {
 public:
  static Random secure();
  static Random seeded(std::uint64_t seed);

  std::uint64_t u64();
  std::uint32_t u32() { return static_cast<std::uint32_t>(u64() >> 32); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(u64() >> 48); }
  /// Uniform in [0, bound); `bound` is not 0.
  std::uint64_t below(std::uint64_t bound) { return u64() % bound; }
  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(u64() >> 11) * 0x1.0p-53; }
  void fill(std::span<std::byte> bytes);
  /// `length` characters of [0-9a-z], 5 bits each.
  std::string token(std::size_t length);

 private:
  Random() = default;
  bool secure_ = false;
  std::mt19937_64 engine_;
};

}  // namespace parley
