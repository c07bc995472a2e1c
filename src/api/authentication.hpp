// Who may call: the admin's token, the cookie it is traded for, and limits on guessing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/random.hpp"
#include "base/time.hpp"
#include "net/http_message.hpp"

namespace parley::api {

/// Reads `<data>/admin-token`, or makes it (mode 0600, 256 random bits) where there is none. Throws
/// std::runtime_error naming the file when it can be neither read nor made.
std::string admin_token(const std::filesystem::path& data);

/// Compares without telling by its time where the two differ.
bool same_secret(std::string_view a, std::string_view b);

/// Wrong attempts per address (an IPv6 /64 counts as one). Not thread-safe; bounded.
class AttemptLimit {
 public:
  AttemptLimit(int attempts, Duration window) : attempts_{attempts}, window_{window} {}
  /// How long the address has to wait; nothing when it may try.
  std::optional<Duration> blocked(const IpAddress& from, TimePoint now) const;
  void failed(const IpAddress& from, TimePoint now);

 private:
  struct Tries {
    int count = 0;
    TimePoint first{};
  };
  int attempts_;
  Duration window_;
  std::unordered_map<std::string, Tries> tries_;
};

/// Thread-safe: shared by all workers.
class Authentication {
 public:
  static constexpr std::string_view cookie_name = "parley_session";
  static constexpr std::chrono::seconds session_length = std::chrono::hours{12};

  explicit Authentication(std::string admin_token);

  /// Nothing when the request comes from the admin: a bearer token, or the cookie together with an
  /// Origin of ours where it writes or upgrades. Else the answer: 401, 403 or 429.
  std::optional<net::HttpResponse> refuse(const net::HttpRequest& request, TimePoint now);
  /// As refuse(), but a request without credentials is told apart, not answered.
  bool is_admin(const net::HttpRequest& request, TimePoint now);

  /// Trades the token for a session; the answer has the cookie, or is 401 or 429.
  net::HttpResponse log_in(const net::HttpRequest& request, std::string_view token, TimePoint now);
  net::HttpResponse log_out(const net::HttpRequest& request);

 private:
  std::optional<net::HttpResponse> wrong(const IpAddress& from, TimePoint now, bool was_attempt);
  bool has_session(const net::HttpRequest& request, TimePoint now);

  const std::string admin_token_;
  std::mutex mutex_;
  Random random_ = Random::secure();
  AttemptLimit attempts_{20, std::chrono::minutes{1}};
  std::unordered_map<std::string, TimePoint> sessions_;  // by the cookie's hash, to their end
};

}  // namespace parley::api
