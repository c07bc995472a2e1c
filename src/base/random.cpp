#include "base/random.hpp"

#include <openssl/rand.h>

#include <array>
#include <utility>

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
  // A draw costs several system calls in OpenSSL, so it is made for a batch. Each word is used once
  // and wiped, and a thread has its own.
  struct Batch {
    std::array<std::uint64_t, 64> words{};
    std::size_t used = 64;
  };
  thread_local Batch batch;
  if (batch.used == batch.words.size()) {
    PARLEY_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(batch.words.data()), sizeof batch.words) == 1);
    batch.used = 0;
  }
  return std::exchange(batch.words[batch.used++], 0);
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
