// What a request carries to say who it comes from, and from where.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.hpp"

namespace parley::api {

/// Reads `<data>/admin-token`, or makes it (mode 0600, 256 random bits) where there is none. Throws
/// std::runtime_error naming the file when it can be neither read nor made.
std::string admin_token(const std::filesystem::path& data);

/// Compares without telling by its time where the two differ.
bool same_secret(std::string_view a, std::string_view b);

/// The token of `Authorization: Bearer …`, which ends with the request.
std::optional<std::string_view> bearer(const net::HttpRequest& request);
std::optional<std::string_view> cookie(const net::HttpRequest& request, std::string_view name);

/// A write, or a WebSocket: with a cookie it needs an Origin of ours.
bool changes_something(const net::HttpRequest& request);
/// A page of another site can make the browser send our cookie's request, but not hide where it is from.
bool origin_is_ours(const net::HttpRequest& request);

/// It says that it came through a proxy.
bool is_proxied(const net::HttpRequest& request);
/// Whom to count wrong guesses for: the connection's address, or what a proxy on this machine says.
IpAddress client_address(const net::HttpRequest& request);
/// Whether the browser speaks TLS, to us or to a proxy in front of us.
bool is_https(const net::HttpRequest& request);

}  // namespace parley::api
