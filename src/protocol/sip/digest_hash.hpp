// The arithmetic of digest authentication and the header it travels in (RFC 7616, RFC 8760).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "protocol/sip/error.hpp"
#include "protocol/sip/uri.hpp"

namespace parley::sip::digest {

enum class Algorithm : std::uint8_t { md5, sha256 };

/// "MD5", "SHA-256".
std::string_view name(Algorithm algorithm);
/// Nothing for what is not understood, among it the "-sess" variants.
std::optional<Algorithm> algorithm_named(std::string_view name);

/// Lower-case hexadecimal.
std::string hash(Algorithm algorithm, std::string_view text);

/// What is stored instead of a password: H(user:realm:password), lower-case hexadecimal.
std::string ha1(Algorithm algorithm, std::string_view user, std::string_view realm, std::string_view password);

/// What `response` is computed from. An empty `qop` is RFC 2069's formula without cnonce and nc.
struct Inputs {
  std::string_view ha1, method, uri, nonce;
  std::string_view qop = {}, nc = {}, cnonce = {};
  std::string_view body = {};  // counts with qop=auth-int
};
std::string response(Algorithm algorithm, const Inputs& inputs);

/// Takes as long for a near miss as for any other text of that length.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// `Digest realm="x", nonce="y", qop=auth`: any of the four authentication headers, and
/// Authentication-Info with an empty scheme.
struct Header {
  std::string scheme;
  Params params;

  /// Several of one name are refused: two readers would choose differently.
  static Result<Header, ParseError> parse(std::string_view text);
  static Result<Header, ParseError> parse_info(std::string_view text);
  std::string to_string() const;
  bool is_digest() const;
  bool operator==(const Header&) const = default;
};

}  // namespace parley::sip::digest
