// From a SIP URI to the addresses that may be tried for it (RFC 3263).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/dns_records.hpp"
#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "protocol/sip/uri.hpp"

namespace parley::dns {

enum class Transport : std::uint8_t { udp, tcp, tls };

struct Target {
  Transport transport;
  Endpoint endpoint;
  bool operator==(const Target&) const = default;
};

/// Locates the server of one URI: asks, is answered, and ends with targets in the order in which
/// they are to be tried, or with a reason. Time is the resolver's: a query that takes too long is
/// answered with Status::timed_out. Whatever a zone answers, there are at most `max_queries`
/// queries and `max_targets` targets, and each answer is read for its first 64 records only.
class Locator {
 public:
  enum class Families : std::uint8_t { v4_only, v6_only, v4_first, v6_first };
  struct Config {
    std::string host;        // a name, or an address (IPv6 with or without brackets)
    std::uint16_t port = 0;  // 0: none given
    std::string transport;   // the URI's parameter; empty: none given
    bool sips = false;
    Families families = Families::v4_first;
    /// In the order of our liking, for domains that state none of their own.
    std::vector<Transport> supported{Transport::udp, Transport::tcp, Transport::tls};
    std::size_t max_queries = 24;
    std::size_t max_targets = 16;
  };

  enum class FailureReason : std::uint8_t {
    bad_host,
    unsupported_transport,  // in the URI, or forbidden with sips
    no_address,             // the domain has no address for SIP
    service_refused,        // SRV target ".": decidedly not there (RFC 2782)
    resolver_failed,        // some answer failed, so that nobody knows
  };
  struct Query {
    std::uint32_t id;
    QueryType type;
    std::string name;
  };
  struct Located {
    std::vector<Target> targets;
    std::chrono::seconds ttl;
  };  // targets: not empty
  struct Failed {
    FailureReason reason;
  };
  using Output = std::variant<Query, Located, Failed>;  // Located or Failed is always the last

  Locator(Config config, Random random);

  /// The answer to the query of that id. An id that is not open is ignored.
  void receive(std::uint32_t id, const Answer& answer);
  std::optional<Output> poll();
  bool ended() const { return std::holds_alternative<Ended>(state_); }

 private:
  struct Service {
    Transport transport;
    std::string name;
    Answer answer;
  };
  struct Host {
    Transport transport;
    std::size_t name;
    std::uint16_t port;
  };
  struct Name {
    std::string name;
    Answer v4, v6;
  };
  struct AskingNaptr {
    Answer answer;
  };
  struct AskingServices {
    std::vector<Service> services;
  };
  struct AskingAddresses {
    std::vector<Host> hosts;
    std::vector<Name> names;
  };
  struct Ended {};
  struct Open {
    std::uint32_t id;
    QueryType type;
    std::size_t index;
  };

  void start();
  void proceed();  // when nothing is open any more
  void ask(QueryType type, const std::string& name, std::size_t index);
  void ask_services(std::vector<Service> services);
  void ask_addresses(AskingAddresses wanted);
  void after_naptr(const Answer& answer);
  void after_services(const std::vector<Service>& services);
  void after_addresses(const AskingAddresses& asked);
  void note(const Answer& answer);
  void fail(FailureReason reason);

  bool supports(Transport transport) const;
  std::optional<Transport> transport_of_uri() const;
  Transport default_transport() const;
  Service service(Transport transport) const;

  Config config_;
  Random random_;
  std::variant<AskingNaptr, AskingServices, AskingAddresses, Ended> state_;
  std::vector<Open> open_;
  std::deque<Output> outputs_;
  std::uint32_t queries_ = 0;
  bool resolver_failed_ = false;
  std::chrono::seconds ttl_;
};

/// What Locator needs of a URI: of a `maddr` parameter too, which takes the host's place
/// (RFC 3263 §4). Families and the rest keep their defaults.
Locator::Config locator_config(const sip::Uri& uri);

/// Orders records for trying: by priority, and by weighted chance within one (RFC 2782).
std::vector<Srv> order_srv(std::vector<Srv> records, Random& random);

constexpr std::uint16_t default_port(Transport transport) { return transport == Transport::tls ? 5061 : 5060; }

}  // namespace parley::dns
