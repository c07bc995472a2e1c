#include "protocol/stun/checksum.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/assert.hpp"

namespace parley::stun {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    table[i] = crc;
  }
  return table;
}
constexpr auto crc_table = make_crc_table();

}  // namespace

std::optional<std::array<std::byte, sha1_size>> integrity_of(std::span<const std::byte> before,
                                                             std::string_view password) {
  std::array<std::byte, 2'048> message;
  if (before.size() < 20 || before.size() > message.size()) return std::nullopt;
  std::ranges::copy(before, message.begin());
  const auto length = before.size() - 20 + 4 + sha1_size;
  message[2] = static_cast<std::byte>(length >> 8);
  message[3] = static_cast<std::byte>(length);

  std::array<std::byte, sha1_size> mac;
  unsigned size = 0;
  const void* done = HMAC(EVP_sha1(), password.data(), static_cast<int>(password.size()),
                          reinterpret_cast<const unsigned char*>(message.data()), before.size(),
                          reinterpret_cast<unsigned char*>(mac.data()), &size);
  PARLEY_ASSERT(done && size == sha1_size);
  return mac;
}

std::uint32_t fingerprint_of(std::span<const std::byte> before) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::byte byte : before) crc = crc_table[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFF] ^ crc >> 8;
  return ~crc ^ 0x5354554E;
}

bool same_secret(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace parley::stun
