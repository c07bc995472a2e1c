#include "protocol/sdp/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace parley::sdp {
namespace {

constexpr std::size_t max_keys = 8, max_parameters = 16;
constexpr std::uint64_t max_lifetime = std::uint64_t{1} << 48;  // RFC 3711 §9.2
constexpr std::size_t max_material = srtp::max_key_size + srtp::max_salt_size;
constexpr std::uint8_t max_mki_length = 128;

struct Suite {
  std::string_view name;
  srtp::Profile profile;
};
constexpr std::array suites{Suite{"AES_CM_128_HMAC_SHA1_80", srtp::Profile::aes128_cm_sha1_80},
                            Suite{"AES_CM_128_HMAC_SHA1_32", srtp::Profile::aes128_cm_sha1_32},
                            Suite{"AEAD_AES_128_GCM", srtp::Profile::aead_aes_128_gcm},
                            Suite{"AEAD_AES_256_GCM", srtp::Profile::aead_aes_256_gcm}};

std::string_view take_until(std::string_view& rest, char end) {
  const auto word = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  return word;
}

std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  const auto word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text, std::size_t max_digits) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.size() > max_digits) return std::nullopt;
  return number;
}

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/// Key and salt, wiped when they go.
struct Material {
  std::array<unsigned char, max_material + 3> bytes{};
  Material() = default;
  Material(const Material&) = delete;
  Material& operator=(const Material&) = delete;
  ~Material() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

std::optional<srtp::MasterKey> parse_master(std::string_view text, srtp::Profile profile) {
  const auto key = srtp::key_size(profile), salt = srtp::salt_size(profile);
  while (text.ends_with('=')) text.remove_suffix(1);  // which some leave out
  if (!std::ranges::all_of(text, is_base64) || text.size() != ((key + salt) * 4 + 2) / 3) return std::nullopt;
  std::array<unsigned char, (max_material + 2) / 3 * 4> padded;
  padded.fill('=');
  std::ranges::copy(text, padded.begin());
  Material material;
  const auto blocks = (text.size() + 3) / 4;
  const auto decoded = EVP_DecodeBlock(material.bytes.data(), padded.data(), static_cast<int>(blocks * 4));
  OPENSSL_cleanse(padded.data(), padded.size());
  if (decoded < static_cast<int>(key + salt)) return std::nullopt;
  const auto bytes = std::as_bytes(std::span{material.bytes});
  return srtp::MasterKey{bytes.first(key), bytes.subspan(key, salt)};
}

std::string text_of(const srtp::MasterKey& master, srtp::Profile profile) {
  Material material;
  const auto key = master.key(profile), salt = master.salt(profile);
  auto* const bytes = reinterpret_cast<std::byte*>(material.bytes.data());
  std::ranges::copy(salt, std::ranges::copy(key, bytes).out);
  std::array<unsigned char, (max_material + 2) / 3 * 4 + 1> text;
  const auto size = EVP_EncodeBlock(text.data(), material.bytes.data(), static_cast<int>(key.size() + salt.size()));
  std::string out{reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(size)};
  OPENSSL_cleanse(text.data(), text.size());
  return out;
}

/// `2^20` or `1048576`: at least one packet, at most what SRTP allows.
std::optional<std::uint64_t> parse_lifetime(std::string_view text) {
  std::uint64_t packets = 0;
  if (text.starts_with("2^")) {
    const auto power = parse_number<unsigned>(text.substr(2), 2);
    if (!power || *power > 48) return std::nullopt;
    packets = std::uint64_t{1} << *power;
  } else {
    packets = parse_number<std::uint64_t>(text, 15).value_or(0);
  }
  return packets == 0 || packets > max_lifetime ? std::nullopt : std::optional{packets};
}

std::optional<Crypto::Mki> parse_mki(std::string_view text) {
  const auto value = parse_number<std::uint64_t>(take_until(text, ':'), 19);
  const auto length = parse_number<std::uint8_t>(text, 3);
  if (!value || !length || *length == 0 || *length > max_mki_length) return std::nullopt;
  return Crypto::Mki{*value, *length};
}

Result<Crypto::Key, CryptoError> parse_key(std::string_view text, srtp::Profile profile) {
  constexpr std::string_view method = "inline:";
  if (!text.starts_with(method)) return std::unexpected(CryptoError::unknown_method);
  text.remove_prefix(method.size());
  Crypto::Key key;
  const auto master = parse_master(take_until(text, '|'), profile);
  if (!master) return std::unexpected(CryptoError::bad_key);
  key.master = *master;
  if (!text.empty() && text.find(':') > text.find('|')) {
    key.lifetime = parse_lifetime(take_until(text, '|'));
    if (!key.lifetime) return std::unexpected(CryptoError::bad_lifetime);
  } else if (!text.empty() && text.find(':') == std::string_view::npos) {
    key.lifetime = parse_lifetime(std::exchange(text, {}));
    if (!key.lifetime) return std::unexpected(CryptoError::bad_lifetime);
  }
  if (text.empty()) return key;
  key.mki = parse_mki(text);
  if (!key.mki) return std::unexpected(CryptoError::bad_mki);
  return key;
}

/// `-NAME…` may be passed over by whoever does not know it (RFC 4568 §6.3.7). The window size is a hint, and ours is
/// larger than what is asked for. All others would change how packets look, or leave them open.
bool harmless(std::string_view parameter) { return parameter.starts_with('-') || parameter.starts_with("WSH="); }

void blank_line(std::string& out, std::string_view line) {
  const auto keep_to = [&](std::size_t end, std::string_view blank) {
    out += line.substr(0, end);
    out += blank;
  };
  if (line.starts_with("k=")) return keep_to(2, "(blanked)\r\n");
  if (line.starts_with("a=ice-pwd:")) return keep_to(10, "(blanked)\r\n");
  if (!line.starts_with("a=crypto:")) return keep_to(line.size(), "");
  auto rest = line.substr(9);
  const auto tag = take_word(rest), suite = take_word(rest);
  // Only what is certainly no key is kept.
  const bool readable = parse_number<std::uint32_t>(tag, 9) && suite_named(suite);
  keep_to(readable ? line.size() - rest.size() : 9, readable ? " inline:(blanked)\r\n" : "(blanked)\r\n");
}

}  // namespace

std::string_view suite_name(srtp::Profile profile) { return std::ranges::find(suites, profile, &Suite::profile)->name; }

std::optional<srtp::Profile> suite_named(std::string_view name) {
  const auto found = std::ranges::find(suites, name, &Suite::name);
  return found == suites.end() ? std::nullopt : std::optional{found->profile};
}

Result<Crypto, CryptoError> Crypto::parse(std::string_view value) {
  Crypto crypto;
  const auto tag = parse_number<std::uint32_t>(take_word(value), 9);
  const auto suite = take_word(value);
  auto keys = take_word(value);
  if (!tag || suite.empty() || keys.empty()) return std::unexpected(CryptoError::malformed);
  const auto profile = suite_named(suite);
  if (!profile) return std::unexpected(CryptoError::unknown_suite);
  crypto.tag = *tag;
  crypto.profile = *profile;
  while (!keys.empty()) {
    auto key = parse_key(take_until(keys, ';'), *profile);
    if (!key) return std::unexpected(key.error());
    if (crypto.keys.size() == max_keys) return std::unexpected(CryptoError::malformed);
    crypto.keys.push_back(std::move(*key));
  }
  for (auto word = take_word(value); !word.empty(); word = take_word(value)) {
    if (crypto.session_parameters.size() == max_parameters) return std::unexpected(CryptoError::malformed);
    crypto.session_parameters.emplace_back(word);
  }
  return crypto;
}

std::string Crypto::to_string() const {
  std::string out = std::to_string(tag) + ' ' + std::string{suite_name(profile)};
  char separator = ' ';
  for (const Key& key : keys) {
    out += std::exchange(separator, ';');
    out += "inline:" + text_of(key.master, profile);
    if (key.lifetime) out += '|' + std::to_string(*key.lifetime);
    if (key.mki) out += '|' + std::to_string(key.mki->value) + ':' + std::to_string(key.mki->length);
  }
  for (const auto& parameter : session_parameters) out += ' ' + parameter;
  return out;
}

bool Crypto::supported() const {
  return keys.size() == 1 && !keys.front().mki && std::ranges::all_of(session_parameters, harmless);
}

std::string blank_keys(std::string_view description) {
  std::string out;
  out.reserve(description.size());
  while (!description.empty()) {
    const auto end = description.find('\n');
    const auto line = description.substr(0, end == std::string_view::npos ? description.size() : end + 1);
    description.remove_prefix(line.size());
    blank_line(out, line);
  }
  return out;
}

}  // namespace parley::sdp
