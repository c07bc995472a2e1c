// Who may call what: the route table, and digest authentication where a route asks for it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "base/lockout.hpp"
#include "call/identity.hpp"
#include "call/routing.hpp"
#include "legs/sip/media_policy.hpp"
#include "protocol/sip/digest.hpp"
#include "protocol/sip/stack.hpp"

namespace parley::legs {

/// A telephone or agent that may authenticate. The password itself is not kept.
struct Account {
  std::string ha1_md5, ha1_sha256;
  std::optional<SrtpPolicy> srtp{};
  static Account make(std::string_view user, std::string_view realm, std::string_view password);
};

/// A peer whose requests are taken by where they come from.
struct TrunkPeer {
  std::string name;
  std::vector<IpAddress> addresses;
  std::optional<SrtpPolicy> srtp{};
};

struct Admitted {
  call::RouteTarget target;
  std::string from;                  // for the call's record: `sip:user@host`
  std::string to;                    // the extension or number called
  call::Identity identity;           // claimed (From), network (a trunk says so) or verified (digest)
  std::optional<SrtpPolicy> srtp{};  // what is configured for this trunk or agent
};

/// Counts wrong passwords for all workers. Locked only when somebody authenticates.
class SharedLockout {
 public:
  bool locked(std::string_view key, TimePoint now);
  TimePoint locked_until(std::string_view key, TimePoint now);
  void wrong(std::string_view key, TimePoint now);
  void right(std::string_view key);

 private:
  std::mutex mutex_;
  Lockout lockout_;
};

/// One per worker. Nonces of one worker are good for the others, because they share a secret.
class Admission {
 public:
  struct Config {
    std::vector<call::Route> routes;
    std::map<std::string, Account, std::less<>> accounts;  // by user
    std::vector<TrunkPeer> trunks;
    sip::digest::Server::Config digest;
  };

  Admission(Config config, SharedLockout& lockout)
      : config_{std::move(config)}, digest_{config_.digest}, lockout_{lockout} {}

  /// Judges an INVITE outside any dialog: what it is for, or the answer that refuses it: 404, 401
  /// with a challenge, 403 when locked out, 400 for credentials that cannot be read.
  std::variant<Admitted, sip::Reply> judge(const sip::Message& invite, const sip::Flow& from, TimePoint now);

 private:
  /// Nothing when the request is proven to be of `user`.
  std::optional<sip::Reply> authenticate(const sip::Message& invite, const sip::Flow& from, TimePoint now);
  std::string_view trunk_of(const IpAddress& address) const;
  /// What is configured for this trunk, or for whoever has proven to be this user.
  std::optional<SrtpPolicy> srtp_of(std::string_view trunk, std::string_view verified_user) const;

  Config config_;
  sip::digest::Server digest_;
  SharedLockout& lockout_;
};

}  // namespace parley::legs
