// Certificate fingerprints as SDP carries them (RFC 8122 §5): `sha-256 4A:AD:B9:…`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::dtls {

/// Weakest first. MD2 and MD5 are never accepted (RFC 8122 §5).
enum class Hash : std::uint8_t { sha1, sha224, sha256, sha384, sha512 };

struct Fingerprint {
  Hash hash = Hash::sha256;
  std::vector<std::byte> digest;  // as long as the hash's

  /// The value of `a=fingerprint`: a hash's name and its digest, both in either case. Nothing when
  /// it is malformed or the hash is not one of ours.
  static std::optional<Fingerprint> parse(std::string_view text);
  /// `sha-256 4A:AD:…`, name in lower and digest in upper case, as RFC 8122 asks.
  std::string text() const;
  bool operator==(const Fingerprint&) const = default;
};

/// Whether a certificate (DER) is the one that `offered` announces: its fingerprint by the strongest
/// hash offered is among those offered with that hash (RFC 8122 §5). Nothing offered: false.
bool matches(std::span<const std::byte> certificate, std::span<const Fingerprint> offered);

}  // namespace parley::dtls
