// The two checksums at the end of a STUN message.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace parley::stun {

inline constexpr std::size_t sha1_size = 20;

/// HMAC-SHA1 over what stands before MESSAGE-INTEGRITY, with the header's length set to that attribute's end
/// (RFC 8489 §14.5). Nothing above 2,048 bytes: no message of ICE comes near.
std::optional<std::array<std::byte, sha1_size>> integrity_of(std::span<const std::byte> before,
                                                             std::string_view password);
/// CRC-32 over what stands before FINGERPRINT, XORed with "STUN" (RFC 8489 §14.7).
std::uint32_t fingerprint_of(std::span<const std::byte> before);
/// Compares in a time that does not depend on the contents. False when the sizes differ.
bool same_secret(std::span<const std::byte> a, std::span<const std::byte> b);

}  // namespace parley::stun
