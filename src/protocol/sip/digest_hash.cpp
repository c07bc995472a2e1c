#include "protocol/sip/digest_hash.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/assert.hpp"
#include "protocol/sip/headers.hpp"
#include "protocol/sip/text.hpp"

namespace parley::sip::digest {
namespace {

constexpr std::size_t max_params = 32;

/// `parts` with colons between them; there is at least one.
std::string join(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const auto part : parts) (out += part) += ':';
  out.pop_back();
  return out;
}

/// `a=b, c="d"`. Empty members are harmless and seen.
Result<Params, ParseError> parse_auth_params(std::string_view text) {
  if (text::has_line_end(text)) return std::unexpected(ParseError::bad_header);
  const auto members = split_list(text);
  if (!members) return std::unexpected(members.error());
  Params params;
  std::size_t count = 0;
  for (const auto member : *members) {
    if (member.empty()) continue;
    const auto equals = member.find('=');
    if (equals == std::string_view::npos || ++count > max_params) return std::unexpected(ParseError::bad_header);
    const auto name = text::trim(member.substr(0, equals));
    const auto value = text::trim(member.substr(equals + 1));
    if (!text::is_token(name) || params.has(name)) return std::unexpected(ParseError::bad_header);
    Param param{std::string{name}, std::string{value}};
    if (value.starts_with('"')) {
      if (text::skip_quoted(value, 0) != value.size()) return std::unexpected(ParseError::bad_header);
      param.value = text::unquote(value);
      param.quoted = true;
    } else if (value.empty() || value.find_first_of(" \t\"\\") != std::string_view::npos) {
      return std::unexpected(ParseError::bad_header);
    }
    params.add(std::move(param));
  }
  return params;
}

}  // namespace

std::string_view name(Algorithm algorithm) { return algorithm == Algorithm::md5 ? "MD5" : "SHA-256"; }

std::optional<Algorithm> algorithm_named(std::string_view name) {
  if (iequals(name, "MD5")) return Algorithm::md5;
  if (iequals(name, "SHA-256")) return Algorithm::sha256;
  return std::nullopt;
}

std::string hash(Algorithm algorithm, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned int size = 0;
  const EVP_MD* md = algorithm == Algorithm::md5 ? EVP_md5() : EVP_sha256();
  PARLEY_ASSERT(EVP_Digest(text.data(), text.size(), bytes.data(), &size, md, nullptr) == 1);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[bytes[i] >> 4];
    hex += "0123456789abcdef"[bytes[i] & 15];
  }
  return hex;
}

std::string ha1(Algorithm algorithm, std::string_view user, std::string_view realm, std::string_view password) {
  return hash(algorithm, join({user, realm, password}));
}

std::string response(Algorithm algorithm, const Inputs& in) {
  const std::string ha2 = iequals(in.qop, "auth-int")
                              ? hash(algorithm, join({in.method, in.uri, hash(algorithm, in.body)}))
                              : hash(algorithm, join({in.method, in.uri}));
  if (in.qop.empty()) return hash(algorithm, join({in.ha1, in.nonce, ha2}));
  return hash(algorithm, join({in.ha1, in.nonce, in.nc, in.cnonce, in.qop, ha2}));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<Header, ParseError> Header::parse(std::string_view text) {
  text = text::trim(text);
  const auto space = std::min(text.find_first_of(" \t"), text.size());
  Header header{std::string{text.substr(0, space)}, {}};
  if (!text::is_token(header.scheme)) return std::unexpected(ParseError::bad_header);
  // Other schemes may carry a bare token68; only Digest's parameters are ours to read.
  if (!header.is_digest()) return header;
  auto params = parse_auth_params(text.substr(space));
  if (!params) return std::unexpected(params.error());
  header.params = std::move(*params);
  return header;
}

Result<Header, ParseError> Header::parse_info(std::string_view text) {
  auto params = parse_auth_params(text);
  if (!params) return std::unexpected(params.error());
  return Header{{}, std::move(*params)};
}

std::string Header::to_string() const {
  std::string out = scheme;
  std::string_view separator = scheme.empty() ? "" : " ";
  for (const auto& [name, value, quoted] : params) {
    out += separator;
    separator = ", ";
    (out += name) += '=';
    if (quoted || !text::is_token(value.value_or(""))) text::append_quoted(out, value.value_or(""));
    else out += *value;
  }
  return out;
}

bool Header::is_digest() const { return iequals(scheme, "Digest"); }

}  // namespace parley::sip::digest
