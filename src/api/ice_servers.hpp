// What a page is told about STUN and TURN servers.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace parley::api {

struct IceServer {
  std::vector<std::string> urls;
  std::string username, credential;  // static; empty: none
  std::string secret;                // shared with the TURN server: credentials are made for each page
  std::chrono::seconds lifetime{};   // of made credentials
};

/// A JSON array for RTCPeerConnection. Made credentials are those of coturn's REST scheme
/// (draft-uberti-behave-turn-rest-00 §2.2): the user name is when they end and `user`, the credential
/// base64(HMAC-SHA1(secret, user name)).
std::string ice_servers_json(const std::vector<IceServer>& servers, std::string_view user, WallTime now);

/// The same for WHIP (RFC 9725 §4.6): the value of a Link header for each URL.
std::vector<std::string> ice_server_links(const std::vector<IceServer>& servers, std::string_view user, WallTime now);

}  // namespace parley::api
