#include "base/random.hpp"

#include <openssl/rand.h>

#include "base/assert.hpp"

namespace parley {

Random Random::secure() {
  Random random;
  random.secure_ = true;
  return random;
}

Random Random::seeded(std::uint64_t seed) {
  Random random;
  random.engine_.seed(seed);
  return random;
}

std::uint64_t Random::u64() {
  if (!secure_) return engine_();
  std::uint64_t value = 0;
  PARLEY_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof value) == 1);
  return value;
}

void Random::fill(std::span<std::byte> bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    auto word = u64();
    for (int k = 0; k < 8 && i < bytes.size(); ++k, word >>= 8) bytes[i++] = static_cast<std::byte>(word);
  }
}

std::string Random::token(std::size_t length) {
  static constexpr char alphabet[] = "0123456789abcdefghijklmnopqrstuv";
  std::string text(length, '0');
  for (std::size_t i = 0; i < length;) {
    auto word = u64();
    for (int k = 0; k < 12 && i < length; ++k, word >>= 5) text[i++] = alphabet[word & 31];
  }
  return text;
}

}  // namespace parley
