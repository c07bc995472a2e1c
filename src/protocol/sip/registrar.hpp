// The registrar's table: which telephones answer for whom, and until when (RFC 3261 §10.3, with
// RFC 3327 Path and RFC 5626 outbound).
//
// Whoever asks has been authenticated before. What is left out: a domain of its own (any host in To
// is ours), GRUU, and third-party registration, which is refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/endpoint.hpp"
#include "base/outbox.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "protocol/sip/flow.hpp"
#include "protocol/sip/message.hpp"
#include "protocol/sip/stack.hpp"

namespace parley::sip {

class Registrar {
 public:
  struct Config {
    std::set<std::string, std::less<>> users;  // who may have bindings: the user part of an address of record
    std::vector<Endpoint> own;                 // a contact that names one of ours would make calls go round
    std::chrono::seconds min_expires{60}, max_expires{3'600}, default_expires{300};
    std::size_t bindings_per_user = 10;
    std::size_t bindings = 10'000;
    std::size_t contact_length = 1'024;  // with its parameters, in bytes
    std::size_t path_hops = 8;
  };

  /// One telephone. Requests for it go where its REGISTER came from, whatever the contact says: that
  /// is the way through a NAT, and nobody can have calls sent to a stranger.
  struct Binding {
    Uri contact;  // the Request-URI
    Flow flow;
    std::vector<NameAddr> path;
    std::string instance;      // RFC 5626 +sip.instance; empty: none
    std::uint32_t reg_id = 0;  // which of its flows; 0: it does not keep one
    unsigned q = 1'000;        // thousandths
    std::string call_id;
    std::uint32_t cseq = 0;
    TimePoint expires_at{};
    bool operator==(const Binding&) const = default;
  };

  /// The bindings of one user are others now, the most wanted first.
  struct Changed {
    std::string user;
    std::vector<Binding> bindings;
  };

  explicit Registrar(Config config) : config_{std::move(config)} {}

  /// The answer to a REGISTER that `user` has proven to be theirs. All of it is done, or nothing.
  Reply receive(const Message& request, const Flow& from, std::string_view user, TimePoint now);
  /// Its bindings are gone, unless a proxy's connection carried them (Path).
  void connection_lost(std::uint64_t connection);
  void advance(TimePoint now);
  std::optional<Changed> poll() { return changes_.poll(); }
  TimePoint deadline() const { return expiries_.empty() ? TimePoint::max() : expiries_.begin()->first; }

  std::vector<Binding> bindings(std::string_view user) const;
  std::size_t size() const { return size_; }

 private:
  /// What one Contact asks for.
  struct Wish {
    Binding binding;
    std::chrono::seconds expires;
  };
  using Bindings = std::vector<Binding>;

  Result<std::vector<Wish>, Reply> wishes(const Message& request, const Flow& from, TimePoint now) const;
  Result<Wish, Reply> wish(const NameAddr& contact, const Message& request, const Flow& from) const;
  std::optional<Reply> refuse_contact(const Uri& contact, const Message& request, const Flow& from) const;
  /// Every binding goes; nothing when it is done.
  std::optional<Reply> clear(const Message& request, const std::string& user);
  std::optional<Reply> apply(std::vector<Wish> wishes, const Message& request, const std::string& user);
  Reply success(const Message& request, const std::string& user, bool keeps_flow, TimePoint now) const;
  /// Puts a user's bindings in order and notes when they end.
  void store(const std::string& user, Bindings given);

  Config config_;
  std::map<std::string, Bindings, std::less<>> users_;    // without those who have none
  std::set<std::pair<TimePoint, std::string>> expiries_;  // the first to come of each user
  std::unordered_map<std::uint64_t, std::set<std::string>> by_connection_;
  std::size_t size_ = 0;
  Outbox<Changed> changes_;
};

}  // namespace parley::sip
