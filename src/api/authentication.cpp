#include "api/authentication.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace parley::api {

namespace {

std::string hash(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::optional<std::string_view> bearer(const net::HttpRequest& request) {
  const auto value = request.header("Authorization");
  if (!value || value->size() < 7) return std::nullopt;
  std::string scheme{value->substr(0, 7)};
  for (char& c : scheme) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (scheme != "bearer ") return std::nullopt;
  return value->substr(7);
}

std::optional<std::string_view> cookie(const net::HttpRequest& request, std::string_view name) {
  std::string_view rest = request.header("Cookie").value_or("");
  while (!rest.empty()) {
    const auto end = std::min(rest.find(';'), rest.size());
    auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
  }
  return std::nullopt;
}

bool changes_something(const net::HttpRequest& request) {
  return (request.method != "GET" && request.method != "HEAD") || request.header("Upgrade").has_value();
}

/// A page of another site can make the browser send our cookie's request, but not hide where it is from.
bool origin_is_ours(const net::HttpRequest& request) {
  auto origin = request.header("Origin").value_or("");
  const auto scheme = origin.find("://");
  return scheme != std::string_view::npos && origin.substr(scheme + 3) == request.header("Host").value_or("");
}

std::string key_of(const IpAddress& address) {
  const auto& bytes = address.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), address.is_v6() ? 8u : 4u};
}

}  // namespace

std::string admin_token(const std::filesystem::path& data) {
  const auto path = data / "admin-token";
  std::string token;
  std::error_code ignored;  // opening and reading tell
  if (std::filesystem::exists(path, ignored)) {
    std::ifstream{path} >> token;
    if (token.size() < 16)
      throw std::runtime_error{path.string() +
                               ": holds no token of at least 16 characters; delete it to get a new one"};
    return token;
  }
  Random random = Random::secure();
  token = random.token(52);  // 5 bits each: 260
  std::filesystem::create_directories(data, ignored);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const std::string line = fmt::format("{}\n", token);
  const bool written =
      fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!written)
    throw std::runtime_error{path.string() + ": cannot be written: " + std::strerror(error) +
                             "; make the data folder writable"};
  return token;
}

bool same_secret(std::string_view a, std::string_view b) {
  const std::string x = hash(a), y = hash(b);
  return CRYPTO_memcmp(x.data(), y.data(), x.size()) == 0;
}

std::optional<Duration> AttemptLimit::blocked(const IpAddress& from, TimePoint now) const {
  const auto place = tries_.find(key_of(from));
  if (place == tries_.end() || place->second.count < attempts_) return std::nullopt;
  const Duration rest = place->second.first + window_ - now;
  return rest > 0s ? std::optional{rest} : std::nullopt;
}

void AttemptLimit::failed(const IpAddress& from, TimePoint now) {
  if (tries_.size() >= 10'000)
    std::erase_if(tries_, [&](const auto& entry) { return now - entry.second.first >= window_; });
  if (tries_.size() >= 10'000) tries_.clear();  // more addresses than a window should see: begin anew rather than grow
  Tries& tries = tries_[key_of(from)];
  if (tries.count == 0 || now - tries.first >= window_) tries = {0, now};
  ++tries.count;
}

Authentication::Authentication(std::string admin_token) : admin_token_{std::move(admin_token)} {}

std::optional<net::HttpResponse> Authentication::wrong(const IpAddress& from, TimePoint now, bool was_attempt) {
  if (was_attempt) attempts_.failed(from, now);
  auto response = net::problem(401, was_attempt ? "The credentials are not valid." : "Credentials are needed.");
  response.with("WWW-Authenticate", "Bearer realm=\"parley\"");
  return response;
}

bool Authentication::has_session(const net::HttpRequest& request, TimePoint now) {
  const auto value = cookie(request, cookie_name);
  if (!value) return false;
  const auto session = sessions_.find(hash(*value));
  return session != sessions_.end() && now < session->second;
}

std::optional<net::HttpResponse> Authentication::refuse(const net::HttpRequest& request, TimePoint now) {
  const std::lock_guard lock{mutex_};
  const auto token = bearer(request);
  if (!token && !cookie(request, cookie_name)) return wrong(request.remote.address, now, false);
  if (!token && has_session(request, now)) {
    if (!changes_something(request) || origin_is_ours(request)) return std::nullopt;
    return net::problem(403, "A request with a cookie that changes something needs an Origin of this site.");
  }
  if (!token) return wrong(request.remote.address, now, false);  // an old cookie is no attempt at guessing
  if (const auto wait = attempts_.blocked(request.remote.address, now)) {
    auto response = net::problem(429, "Too many wrong credentials came from this address.");
    response.with("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(*wait).count()));
    return response;
  }
  if (same_secret(*token, admin_token_)) return std::nullopt;
  return wrong(request.remote.address, now, true);
}

bool Authentication::is_admin(const net::HttpRequest& request, TimePoint now) {
  const std::lock_guard lock{mutex_};
  const auto token = bearer(request);
  if (!token) return has_session(request, now);
  if (attempts_.blocked(request.remote.address, now)) return false;
  if (same_secret(*token, admin_token_)) return true;
  attempts_.failed(request.remote.address, now);
  return false;
}

net::HttpResponse Authentication::log_in(const net::HttpRequest& request, std::string_view token, TimePoint now) {
  const std::lock_guard lock{mutex_};
  if (const auto wait = attempts_.blocked(request.remote.address, now)) {
    auto response = net::problem(429, "Too many wrong credentials came from this address.");
    response.with("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(*wait).count()));
    return response;
  }
  if (!same_secret(token, admin_token_)) return *wrong(request.remote.address, now, true);

  std::erase_if(sessions_, [&](const auto& session) { return now >= session.second; });
  if (sessions_.size() >= 1'000) return net::problem(503, "There are too many sessions.");
  const std::string value = random_.token(52), id = random_.token(16);
  sessions_[hash(value)] = now + session_length;
  const auto ends = format_rfc3339(std::chrono::system_clock::now() + session_length);
  auto response =
      net::json_response(201, fmt::format(R"({{"session_id":"{}","expires_at":"{}","role":"admin"}})", id, ends));
  response.with("Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}", cookie_name, value,
                                          session_length.count()));
  response.with("Cache-Control", "no-store");
  return response;
}

net::HttpResponse Authentication::log_out(const net::HttpRequest& request) {
  const std::lock_guard lock{mutex_};
  if (const auto value = cookie(request, cookie_name)) sessions_.erase(hash(*value));
  net::HttpResponse response{204};
  response.with("Set-Cookie", fmt::format("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", cookie_name));
  return response;
}

}  // namespace parley::api
