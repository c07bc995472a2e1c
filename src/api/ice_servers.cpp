#include "api/ice_servers.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/assert.hpp"

namespace parley::api {
namespace {

std::string base64_hmac_sha1(std::string_view secret, std::string_view text) {
  std::array<unsigned char, 20> digest;
  unsigned size = digest.size();
  const auto* done = HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  PARLEY_ASSERT(done != nullptr && size == digest.size());
  std::array<unsigned char, 29> encoded;  // 28 characters and a NUL
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

struct Credentials {
  std::string username, credential;  // empty: the server asks for none
};

Credentials credentials_for(const IceServer& server, std::string_view user, WallTime now) {
  if (server.secret.empty()) return {server.username, server.username.empty() ? "" : server.credential};
  const auto ends = std::chrono::floor<std::chrono::seconds>(now + server.lifetime).time_since_epoch().count();
  auto username = user.empty() ? std::to_string(ends) : fmt::format("{}:{}", ends, user);
  auto credential = base64_hmac_sha1(server.secret, username);
  return {std::move(username), std::move(credential)};
}

/// RFC 9110 §5.6.4.
std::string quoted_string(std::string_view text) {
  std::string out{'"'};
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

}  // namespace

std::string ice_servers_json(const std::vector<IceServer>& servers, std::string_view user, WallTime now) {
  auto list = nlohmann::ordered_json::array();
  for (const IceServer& server : servers) {
    nlohmann::ordered_json entry{{"urls", server.urls}};
    auto [username, credential] = credentials_for(server, user, now);
    if (!username.empty()) {
      entry["username"] = std::move(username);
      entry["credential"] = std::move(credential);
    }
    list.push_back(std::move(entry));
  }
  return list.dump();
}

std::vector<std::string> ice_server_links(const std::vector<IceServer>& servers, std::string_view user, WallTime now) {
  std::vector<std::string> links;
  for (const IceServer& server : servers) {
    const auto [username, credential] = credentials_for(server, user, now);
    for (const auto& url : server.urls) {
      auto link = fmt::format("<{}>; rel=\"ice-server\"", url);
      const bool asks = !url.starts_with("stun:") && !url.starts_with("stuns:");  // STUN has no use for them
      if (asks && !username.empty())
        link += fmt::format("; username={}; credential={}; credential-type=\"password\"", quoted_string(username),
                            quoted_string(credential));
      links.push_back(std::move(link));
    }
  }
  return links;
}

}  // namespace parley::api
