// Who may call: keys, sessions, roles, and limits on guessing.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/credentials.hpp"
#include "base/lockout.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http_message.hpp"
#include "store/session/sessions.hpp"

namespace parley::api {

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

/// What a route lets be done.
enum class Access : std::uint8_t {
  admin,     // by the admin
  read,      // by who reads everything
  read_own,  // … and by a caller or agent whose call the path names
  act_own,   // by the admin, and by a caller whose call the path names
  agents,    // by who reads everything, and by every agent
  own_name,  // by the admin, by supervisors, and by the agent whom the path names
};
/// What a request is about.
struct Subject {
  std::string_view call_id, extension;  // as the path names them
  bool agents_call = false;             // the call is, or was lately, one of this session's agent
};
bool allows(const store::Session& session, Access access, const Subject& subject);

/// A token that a program was given in the configuration.
struct ApiKey {
  std::string name, key;
  store::Role role = store::Role::admin;
};

/// Thread-safe: shared by all workers.
class Authentication {
 public:
  static constexpr std::string_view cookie_name = "parley_session";

  /// An empty admin token is nobody's.
  Authentication(std::string admin_token, std::vector<ApiKey> keys, store::Sessions& sessions);

  /// Whose request it is, by a bearer token, or by the cookie together with an Origin of ours where
  /// it writes or upgrades. A key's session has no id and does not end. Else the answer: 401, 403, 429.
  Result<store::Session, net::HttpResponse> identify(const net::HttpRequest& request, TimePoint now);
  /// For routes that are open to strangers too: nothing when the request names no session, or its
  /// cookie is of an ended one. `token` is one from the body, empty without: it goes before the
  /// header and the cookie, and needs no Origin. A token that is not good is refused with 401.
  Result<std::optional<store::Session>, net::HttpResponse> session_of(const net::HttpRequest& request,
                                                                      std::string_view token, TimePoint now);
  /// As identify(), to tell and not to let in: without a refusal or a look at the Origin.
  std::optional<store::Session> look(const net::HttpRequest& request, TimePoint now);
  /// For what goes on longer than a request.
  bool alive(const store::Session& session, TimePoint now) const;

  /// A session in the place of the one that the request's cookie names, and the cookie for it.
  /// Nothing when there are too many.
  struct Opened {
    std::string token;
    store::Session session;
    std::string cookie;  // of Set-Cookie
  };
  std::optional<Opened> open(const net::HttpRequest& request, store::NewSession wanted, TimePoint now);
  /// A session for one call alone: its token takes the call up again, no cookie names it. The session that `owner` is
  /// logged in with sees the call, too. Nothing when there are too many.
  std::optional<store::OpenedSession> open_for_call(const std::optional<store::Session>& owner, std::string call_id,
                                                    TimePoint now);
  /// `ended` is told the id of each session that the request names.
  net::HttpResponse log_out(const net::HttpRequest& request,
                            const std::function<void(const std::string& id)>& ended = {});

  bool is_admin_token(std::string_view token) const;

  // Guessing: 5 wrong in 15 minutes, per address and per user (empty: none was named).

  /// 429 for who has to wait; 403 for a page of another site, which must not log anybody in.
  std::optional<net::HttpResponse> log_in_refusal(const net::HttpRequest& request, std::string_view user,
                                                  TimePoint now);
  /// Counts, and is the answer.
  net::HttpResponse wrong_log_in(const net::HttpRequest& request, std::string_view user, TimePoint now);
  /// Forgives the user, not the address: who has a PIN could else guess those of others for ever.
  void right_log_in(std::string_view user);

 private:
  Result<store::Session, net::HttpResponse> by_token(const net::HttpRequest& request, std::string_view token,
                                                     TimePoint now);
  std::optional<store::Session> by_key(std::string_view token) const;

  const std::string admin_token_;
  const std::vector<ApiKey> keys_;
  store::Sessions& sessions_;
  std::mutex mutex_;  // of the two below
  AttemptLimit token_attempts_{20, std::chrono::minutes{1}};
  Lockout log_ins_;
};

}  // namespace parley::api
