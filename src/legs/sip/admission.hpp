// Who may call what: the route table, and digest authentication where a route asks for it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "call/directory.hpp"
#include "call/identity.hpp"
#include "call/routing.hpp"
#include "legs/sip/authenticator.hpp"
#include "legs/sip/media_policy.hpp"
#include "protocol/sip/stack.hpp"

namespace parley::legs {

/// A peer whose requests are taken by where they come from.
struct TrunkPeer {
  std::string name;
  std::vector<IpAddress> addresses;
  bool trusted = true;  // its P-Asserted-Identity says who calls (RFC 3325)
  std::optional<SrtpPolicy> srtp{};
};

struct Admitted {
  call::RouteTarget target;
  std::string from;         // for the call's record: `sip:user@host`
  std::string to;           // the extension or number called
  call::Identity identity;  // claimed (From), network (a trusted trunk's P-Asserted-Identity) or verified (digest)
  std::shared_ptr<const void> permit{};  // for a call to the outside: kept for as long as the call
  std::vector<std::pair<std::string, std::string>> context{};  // `X-…` headers, of trunks and proven callers
  std::optional<SrtpPolicy> srtp{};                            // what is configured for this trunk or agent
};

/// What becomes of a call of ours to where no route leads: a permit, or the answer that refuses it.
using Outside = std::function<std::variant<std::shared_ptr<const void>, sip::Reply>(const std::string& caller,
                                                                                    const std::string& to)>;

/// One per worker.
class Admission {
 public:
  struct Config {
    std::vector<call::Route> routes;
    std::vector<TrunkPeer> trunks;
    sip::digest::Server::Config digest;
    bool md5_only = false;  // what challenges offer
    /// Which agents have a telephone; null: none.
    const call::Directory* directory = nullptr;
    /// Asked about agents and telephones who have proven who they are; empty: nobody calls the outside.
    Outside outside;
  };

  Admission(Config config, const Accounts& accounts, SharedLockout& lockout)
      : config_{std::move(config)},
        accounts_{accounts},
        authenticator_{config_.digest, config_.md5_only, accounts, lockout} {}

  /// Judges an INVITE outside any dialog: what it is for, or the answer that refuses it: 404, 401
  /// with a challenge, 403 when locked out, 400 for credentials that cannot be read, 480 for an agent
  /// without a telephone.
  std::variant<Admitted, sip::Reply> judge(const sip::Message& invite, const sip::Flow& from, TimePoint now);

 private:
  /// Nothing when the request is proven to be of whom its From names.
  std::optional<sip::Reply> prove(const sip::Message& invite, const sip::Flow& from, TimePoint now);
  std::variant<Admitted, sip::Reply> judge_outside(const sip::Message& invite, const sip::Flow& from, TimePoint now);
  const TrunkPeer* trunk_of(const IpAddress& address) const;

  Config config_;
  const Accounts& accounts_;
  Authenticator authenticator_;
};

}  // namespace parley::legs
