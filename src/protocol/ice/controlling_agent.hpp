// A small full agent (RFC 8445) for peers that don't check themselves: it checks, nominates and keeps consent.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/outbox.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "protocol/ice/candidate.hpp"
#include "protocol/ice/credentials.hpp"
#include "protocol/ice/path.hpp"
#include "protocol/ice/token_bucket.hpp"
#include "protocol/stun/message.hpp"

namespace parley::ice {

/// One session, one component, UDP, sockets of its own (host candidates only). It starts as controlling and gives
/// way to a peer that does so too and has the greater tie-breaker. After every input, drain poll().
class ControllingAgent {
 public:
  /// A socket of ours and the candidate it was offered as.
  struct Local {
    Channel channel = 0;
    Candidate candidate;
  };
  struct Config {
    Credentials local;
    std::vector<Local> sockets;
    Duration pacing = 50ms;            // Ta (RFC 8445 §14.2)
    Duration nomination_wait = 100ms;  // how long a better pair may take once one works
    Duration give_up = 40s;            // from set_remote() to Failed without a selected pair
    Duration consent_interval = 5s;    // ± 20 % (RFC 7675 §5.1)
    Duration consent = 30s;
    std::size_t max_pairs = 32;
  };
  struct Remote {
    Credentials credentials;
    std::vector<Candidate> candidates;
    bool lite = false;
  };

  struct Send {
    Path to;
    std::vector<std::byte> datagram;
  };
  /// Media may go there from now on; after a restart, or when a controlling peer wants so, once more.
  struct Selected {
    Path path;
  };
  /// Nothing may be sent any more (RFC 7675 §5.1) until a restart.
  struct ConsentLost {};
  /// No pair works. Until a restart.
  struct Failed {};
  using Output = std::variant<Send, Selected, ConsentLost, Failed>;

  struct Counters {
    std::uint64_t checks_sent = 0, retransmissions = 0, consent_sent = 0, answered = 0;
    std::uint64_t not_stun = 0, bad_fingerprint = 0;
    std::uint64_t bad_request = 0, unauthorized = 0, unknown_attribute = 0, role_conflict = 0;  // what we answered
    std::uint64_t unmatched_response = 0;  // no transaction, wrong source or bad integrity
    std::uint64_t candidates_ignored = 0;  // beyond the bound, another family, not UDP
    std::uint64_t over_rate = 0;
  };

  ControllingAgent(Config config, Random random, TimePoint now);

  /// The peer's description: checks begin. After restart(), its new one; the same credentials only add candidates.
  void set_remote(const Remote& remote, TimePoint now);
  void add_candidate(const Candidate& candidate, TimePoint now);
  void receive(const Path& from, std::span<const std::byte> datagram, TimePoint now);
  void advance(TimePoint now);
  /// ICE restart: the selected pair stays in use, with its consent, until another is selected.
  void restart(Credentials local, TimePoint now);
  std::optional<Output> poll() { return outbox_.poll(); }
  TimePoint deadline() const;

  const Credentials& local() const { return local_; }
  const std::optional<Path>& selected() const { return selected_; }
  /// Whether checks go there, or media does.
  bool knows(const Path& path) const;
  bool controlling() const { return controlling_; }
  const Counters& counters() const { return counters_; }

 private:
  enum class State : std::uint8_t { waiting, in_progress, succeeded, failed };
  struct Check {  // one Binding transaction (RFC 8489 §6.2.1)
    stun::TransactionId id{};
    std::vector<std::byte> datagram;
    Duration rto{};
    int sent = 0;
    TimePoint next_at{};
    bool nominating = false, controlling = true;
  };
  struct Pair {
    Path path;
    std::uint32_t local_priority = 0, remote_priority = 0;
    std::uint64_t priority = 0;
    State state = State::waiting;
    bool triggered = false;  // waits in triggered_
    bool nominate = false;   // a controlling peer asked for it
    std::optional<Check> check;
  };
  /// What consent checks of the selected pair need; outlives a restart.
  struct Consent {
    Path path;
    std::string username, password;
    std::uint32_t priority = 0;
    TimePoint next_at{}, expires_at{};
    std::deque<stun::TransactionId> outstanding;
  };

  void receive_request(const Path& from, const stun::Message& message, const stun::Contents& contents, TimePoint now);
  bool resolve_roles(const stun::Contents& contents);
  void learn_from_request(const Path& from, const stun::Contents& contents, TimePoint now);
  void answer_error(const Path& to, const stun::Message& message, int code, TimePoint now, const Credentials* signer,
                    std::span<const std::uint16_t> unknown = {});
  void receive_response(const Path& from, const stun::Message& message, const stun::Contents& contents, TimePoint now);
  bool consent_response(const Path& from, const stun::Message& message, TimePoint now);
  void check_succeeded(Pair& pair, const Check& check, TimePoint now);
  void check_refused(Pair& pair, const Check& check, int code);
  void switch_role(bool controlling);

  void add_pairs(const Candidate& candidate);
  Pair* add_pair(const Local& local, const Endpoint& remote, std::uint32_t remote_priority);
  Pair* find(const Path& path);
  const Local* local_of(Channel channel) const;
  std::uint64_t priority_of(const Pair& pair) const;
  void trigger(Pair& pair);
  Pair* next_pair();
  void start_check(Pair& pair, TimePoint now);
  void retransmit(Pair& pair, TimePoint now);
  Duration rto() const;
  std::vector<std::byte> binding_request(const stun::TransactionId& id, const std::string& username,
                                         std::string_view password, std::uint32_t priority, bool nominating) const;
  void consider_nomination(TimePoint now);
  void select(Pair& pair, TimePoint now);
  void send_consent_check(TimePoint now);
  void end(Output why);
  bool nomination_pending() const;
  bool something_to_start() const;

  Config config_;
  Random random_;
  Credentials local_;
  std::optional<Credentials> previous_local_;
  std::optional<Credentials> remote_;
  bool remote_lite_ = false;
  std::uint64_t tie_breaker_;
  bool controlling_ = true;
  int role_switches_ = 0;
  std::vector<Pair> pairs_;
  std::deque<std::size_t> triggered_;  // indexes of pairs_
  TimePoint next_check_at_{}, give_up_at_ = TimePoint::max(), nominate_at_ = TimePoint::max();
  bool ended_ = false;
  bool nominated_ = false;  // this generation has its pair
  std::optional<Path> selected_;
  std::optional<Consent> consent_;
  TokenBucket answers_, errors_;
  Counters counters_;
  Outbox<Output> outbox_;
};

}  // namespace parley::ice
