#include "api/credentials.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "base/kept_secret.hpp"

namespace parley::api {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest digest_of(std::string_view text) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string admin_token(const std::filesystem::path& data) {
  constexpr std::size_t length = 52, shortest = 16;  // 5 bits a character: 260
  return kept_secret(data / "admin-token", length, shortest);
}

bool same_secret(std::string_view a, std::string_view b) {
  const Digest x = digest_of(a), y = digest_of(b);
  return CRYPTO_memcmp(x.data(), y.data(), x.size()) == 0;
}

std::optional<std::string_view> bearer(const net::HttpRequest& request) {
  constexpr std::string_view scheme = "bearer ";
  const auto value = request.header("Authorization");
  if (!value || !same_ignoring_case(value->substr(0, scheme.size()), scheme)) return std::nullopt;
  return trimmed(value->substr(scheme.size()));
}

std::optional<std::string_view> cookie(const net::HttpRequest& request, std::string_view name) {
  std::string_view rest = request.header("Cookie").value_or("");
  while (!rest.empty()) {
    const auto end = std::min(rest.find(';'), rest.size());
    const auto pair = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
  }
  return std::nullopt;
}

bool changes_something(const net::HttpRequest& request) {
  return (request.method != "GET" && request.method != "HEAD") || request.header("Upgrade").has_value();
}

bool origin_is_ours(const net::HttpRequest& request) {
  const auto origin = request.header("Origin").value_or("");
  const auto host = request.header("Host").value_or("");
  const auto scheme = origin.find("://");
  return !host.empty() && scheme != std::string_view::npos && same_ignoring_case(origin.substr(scheme + 3), host);
}

bool is_proxied(const net::HttpRequest& request) {
  return std::ranges::any_of(std::array{"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"},
                             [&](const char* name) { return request.header(name).has_value(); });
}

IpAddress client_address(const net::HttpRequest& request) {
  const IpAddress& peer = request.remote.address;
  if (!peer.is_loopback()) return peer;  // a stranger may write there what they like
  std::string_view forwarded;
  for (const auto& [name, value] : request.headers)
    if (same_ignoring_case(name, "X-Forwarded-For")) forwarded = value;
  // The last one is the one that the proxy has seen; those before are the client's own words.
  const auto comma = forwarded.rfind(',');
  if (comma != std::string_view::npos) forwarded.remove_prefix(comma + 1);
  return IpAddress::parse(trimmed(forwarded)).value_or(peer);
}

bool is_https(const net::HttpRequest& request) {
  return request.secure || request.header("Origin").value_or("").starts_with("https://") ||
         same_ignoring_case(request.header("X-Forwarded-Proto").value_or(""), "https");
}

}  // namespace parley::api
