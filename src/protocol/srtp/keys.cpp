#include "protocol/srtp/keys.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/assert.hpp"

namespace parley::srtp {

std::string_view name(Profile profile) {
  switch (profile) {
    case Profile::aes128_cm_sha1_80: return "SRTP_AES128_CM_SHA1_80";
    case Profile::aes128_cm_sha1_32: return "SRTP_AES128_CM_SHA1_32";
    case Profile::aead_aes_128_gcm: return "SRTP_AEAD_AES_128_GCM";
    case Profile::aead_aes_256_gcm: return "SRTP_AEAD_AES_256_GCM";
  }
  return "unknown";
}

std::optional<Profile> profile_numbered(std::uint16_t value) {
  for (const auto profile : {Profile::aes128_cm_sha1_80, Profile::aead_aes_128_gcm, Profile::aead_aes_256_gcm})
    if (static_cast<std::uint16_t>(profile) == value) return profile;
  return std::nullopt;
}

MasterKey::MasterKey(std::span<const std::byte> key, std::span<const std::byte> salt) {
  PARLEY_ASSERT(key.size() <= key_.size() && salt.size() <= salt_.size());
  std::ranges::copy(key, key_.begin());
  std::ranges::copy(salt, salt_.begin());
}

MasterKey::~MasterKey() {
  OPENSSL_cleanse(key_.data(), key_.size());
  OPENSSL_cleanse(salt_.data(), salt_.size());
}

}  // namespace parley::srtp
