#include "protocol/dtls/fingerprint.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace parley::dtls {
namespace {

struct HashProperties {
  Hash hash;
  std::string_view name;
  std::size_t size;
  const EVP_MD* (*digest)();
};
constexpr std::array hashes{
    HashProperties{Hash::sha1, "sha-1", 20, EVP_sha1},       HashProperties{Hash::sha224, "sha-224", 28, EVP_sha224},
    HashProperties{Hash::sha256, "sha-256", 32, EVP_sha256}, HashProperties{Hash::sha384, "sha-384", 48, EVP_sha384},
    HashProperties{Hash::sha512, "sha-512", 64, EVP_sha512},
};
const HashProperties& properties(Hash hash) { return hashes[static_cast<std::size_t>(hash)]; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::optional<unsigned> hex_digit(char c) {
  c = lower(c);
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

}  // namespace

std::optional<Fingerprint> Fingerprint::parse(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto named = text.substr(0, space);
  const auto known =
      std::ranges::find_if(hashes, [&](const auto& one) { return std::ranges::equal(one.name, named, {}, {}, lower); });
  if (known == hashes.end()) return std::nullopt;

  const auto hex = text.substr(space + 1);
  if (hex.size() != known->size * 3 - 1) return std::nullopt;
  Fingerprint fingerprint{known->hash, {}};
  fingerprint.digest.reserve(known->size);
  for (std::size_t i = 0; i < hex.size(); i += 3) {
    const auto high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);
    if (!high || !low || (i + 2 < hex.size() && hex[i + 2] != ':')) return std::nullopt;
    fingerprint.digest.push_back(static_cast<std::byte>(*high << 4 | *low));
  }
  return fingerprint;
}

std::string Fingerprint::text() const {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text{properties(hash).name};
  char before = ' ';
  for (const auto byte : digest) {
    const auto value = std::to_integer<unsigned>(byte);
    text += before;
    text += digits[value >> 4];
    text += digits[value & 0x0F];
    before = ':';
  }
  return text;
}

bool matches(std::span<const std::byte> certificate, std::span<const Fingerprint> offered) {
  if (offered.empty()) return false;
  const auto strongest = std::ranges::max(offered, {}, &Fingerprint::hash).hash;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (EVP_Digest(certificate.data(), certificate.size(), digest.data(), &size, properties(strongest).digest(),
                 nullptr) != 1)
    return false;
  const auto actual = std::as_bytes(std::span{digest}.first(size));
  return std::ranges::any_of(
      offered, [&](const auto& one) { return one.hash == strongest && std::ranges::equal(one.digest, actual); });
}

}  // namespace parley::dtls
