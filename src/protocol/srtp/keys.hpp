// What a key exchange hands to SRTP: a protection profile and one master key a direction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace parley::srtp {

/// How packets are protected. The values are those of the use_srtp extension (RFC 5764 §4.1.2, RFC 7714 §14.2).
enum class Profile : std::uint16_t {
  aes128_cm_sha1_80 = 0x0001,  // the one that every peer has (RFC 8827 §6.5)
  aes128_cm_sha1_32 = 0x0002,  // a short tag for RTP, the long one for RTCP; for SDES only
  aead_aes_128_gcm = 0x0007,
  aead_aes_256_gcm = 0x0008,
};

constexpr std::size_t max_key_size = 32;
constexpr std::size_t max_salt_size = 14;
/// What protecting adds to a packet at most: a tag of 16 bytes, and the index of SRTCP.
constexpr std::size_t max_overhead = 16 + 4;

constexpr std::size_t key_size(Profile profile) { return profile == Profile::aead_aes_256_gcm ? 32 : 16; }
constexpr bool is_aead(Profile profile) {
  return profile == Profile::aead_aes_128_gcm || profile == Profile::aead_aes_256_gcm;
}
constexpr std::size_t salt_size(Profile profile) { return is_aead(profile) ? 12 : 14; }
constexpr std::size_t rtcp_tag_size(Profile profile) { return is_aead(profile) ? 16 : 10; }
constexpr std::size_t tag_size(Profile profile) {
  return profile == Profile::aes128_cm_sha1_32 ? 4 : rtcp_tag_size(profile);
}

/// As in RFC 5764: `SRTP_AEAD_AES_128_GCM`.
std::string_view name(Profile profile);
/// Of those that DTLS negotiates.
std::optional<Profile> profile_numbered(std::uint16_t value);

/// A master key with its salt; wiped when it goes.
class MasterKey {
 public:
  MasterKey() = default;
  /// `key` and `salt` have the sizes of their profile.
  MasterKey(std::span<const std::byte> key, std::span<const std::byte> salt);
  MasterKey(const MasterKey&) = default;
  MasterKey& operator=(const MasterKey&) = default;
  ~MasterKey();

  /// Key, then salt, for a profile.
  std::span<const std::byte> key(Profile profile) const { return std::span{key_}.first(key_size(profile)); }
  std::span<const std::byte> salt(Profile profile) const { return std::span{salt_}.first(salt_size(profile)); }
  bool operator==(const MasterKey&) const = default;

 private:
  std::array<std::byte, max_key_size> key_{};
  std::array<std::byte, max_salt_size> salt_{};
};

struct Keys {
  Profile profile = Profile::aes128_cm_sha1_80;
  MasterKey local;   // what we send is protected with it
  MasterKey remote;  // what the peer sends
  bool operator==(const Keys&) const = default;
};

}  // namespace parley::srtp
