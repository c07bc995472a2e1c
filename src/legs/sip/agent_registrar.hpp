// The registrar of agents: who is allowed, what is kept, and the directory that shows it.
#pragma once

#include <cstdint>
#include <functional>

#include "base/rate_limit.hpp"
#include "call/directory.hpp"
#include "legs/sip/authenticator.hpp"
#include "protocol/sip/registrar.hpp"

namespace parley::legs {

/// How a binding is seen by who dials it, and how it is dialled.
call::AgentContact to_contact(const sip::Registrar::Binding& binding);
/// Nothing when it was not made by to_contact().
std::optional<sip::Flow> flow_of(const call::AgentContact& contact);

/// Worker 0's. No socket and no clock of its own: its user agent brings both.
class AgentRegistrar {
 public:
  struct Config {
    sip::Registrar::Config bindings;
    sip::digest::Server::Config digest;
    bool md5_only = false;  // what challenges offer
    // Of one address. A hundred telephones behind one NAT come back together after a power cut.
    RateLimit::Limits rate{.burst = 200, .per_second = 20};
  };
  struct Counters {
    std::uint64_t registered = 0;  // answered 200
    std::uint64_t challenged = 0;
    std::uint64_t refused = 0;  // locked out, forged, bad, too many
    std::uint64_t too_fast = 0;
  };
  /// Told when a connection has to be kept alive by the telephone (RFC 5626).
  using FlowKept = std::function<void(std::uint64_t connection)>;

  AgentRegistrar(Config config, const Accounts& accounts, SharedLockout& lockout, call::Directory& directory);

  void on_flow_kept(FlowKept told) { flow_kept_ = std::move(told); }

  sip::Reply receive(const sip::Message& request, const sip::Flow& from, TimePoint now);
  void connection_lost(std::uint64_t connection);
  void advance(TimePoint now);
  TimePoint deadline() const { return bindings_.deadline(); }

  const Counters& counters() const { return counters_; }
  std::size_t size() const { return bindings_.size(); }

 private:
  void publish();

  sip::Registrar bindings_;
  Authenticator authenticator_;
  RateLimit rate_;
  call::Directory& directory_;
  FlowKept flow_kept_;
  Counters counters_;
};

}  // namespace parley::legs
