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

}  // namespace

std::string ice_servers_json(const std::vector<IceServer>& servers, std::string_view user, WallTime now) {
  auto list = nlohmann::ordered_json::array();
  for (const IceServer& server : servers) {
    nlohmann::ordered_json entry{{"urls", server.urls}};
    if (!server.secret.empty()) {
      const auto ends = std::chrono::floor<std::chrono::seconds>(now + server.lifetime).time_since_epoch().count();
      const auto username = user.empty() ? std::to_string(ends) : fmt::format("{}:{}", ends, user);
      entry["username"] = username;
      entry["credential"] = base64_hmac_sha1(server.secret, username);
    } else if (!server.username.empty()) {
      entry["username"] = server.username;
      entry["credential"] = server.credential;
    }
    list.push_back(std::move(entry));
  }
  return list.dump();
}

}  // namespace parley::api
