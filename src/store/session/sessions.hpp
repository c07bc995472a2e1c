// Who is logged in. Live state: gone with the program.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"

namespace parley::store {

enum class Role : std::uint8_t {
  caller,      // own session's call only
  monitor,     // reads everything
  agent,       // own calls, presence, desk
  supervisor,  // agents' calls, queues
  admin,       // everything
};
std::string_view to_string(Role role);

/// A copy of what is known; what changes later is seen by the next look.
struct Session {
  std::string id;  // no secret: may be shown
  Role role = Role::caller;
  std::string user_id, user_name;  // of the user table; empty: whoever it is
  std::string extension;           // of an agent or supervisor, whose name is user_name then
  std::string credential;          // what they proved it with (the PIN's index): another one ends the session
  std::string call_id;             // the one that a caller sees; empty: none yet
  WallTime expires_at{};
};

struct NewSession {
  Role role = Role::caller;
  std::string user_id, user_name, extension, credential, call_id;
  std::chrono::seconds length = std::chrono::hours{12};
};

/// A session with the token that proves it: told once, and kept only as a hash.
struct OpenedSession {
  std::string token;
  Session session;
};

/// Thread-safe. Times come from the caller.
class Sessions {
 public:
  struct Limits {
    std::size_t sessions = 10'000;
    std::size_t per_user = 50;  // of one user, or of one role but `caller`: the oldest makes room
  };

  Sessions() : Sessions(Limits{}, Random::secure()) {}
  Sessions(Limits limits, Random random) : limits_{limits}, random_{std::move(random)} {}

  /// Nothing when there are too many.
  std::optional<OpenedSession> open(NewSession wanted, TimePoint now, WallTime wall_now);
  std::optional<Session> find(std::string_view token, TimePoint now) const;
  /// By its id: whether it has ended since.
  bool alive(std::string_view id, TimePoint now) const;
  /// The call that a caller sees from now on; false when the session has ended.
  bool set_call(std::string_view id, std::string call_id, TimePoint now);
  bool close(std::string_view token);
  std::size_t size() const;

  /// Users who are logged in, each with one of the credentials that they proved it with.
  struct UserCredential {
    std::string user_id, credential;
    auto operator<=>(const UserCredential&) const = default;
  };
  std::vector<UserCredential> users(TimePoint now) const;
  /// Ends the sessions that this credential opened: it is no longer good.
  void revoke(const UserCredential& revoked);

 private:
  struct Entry {
    Session session;
    TimePoint ends{};
    std::uint64_t number = 0;  // in the order of opening
  };

  void make_room(const NewSession& wanted, TimePoint now);

  const Limits limits_;
  mutable std::mutex mutex_;
  Random random_;
  std::uint64_t opened_ = 0;
  std::unordered_map<std::string, Entry> by_token_;           // by the token's hash
  std::unordered_map<std::string, std::string> token_of_id_;  // session id → the token's hash
};

}  // namespace parley::store
