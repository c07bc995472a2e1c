// ICE-lite (RFC 8445 §2.5): the peer checks, controls and nominates; we answer.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/outbox.hpp"
#include "base/time.hpp"
#include "protocol/ice/credentials.hpp"
#include "protocol/ice/path.hpp"
#include "protocol/ice/token_bucket.hpp"
#include "protocol/stun/message.hpp"

namespace parley::ice {

/// One session's lite agent, one component. Knows neither the peer's credentials nor its candidates: it sends
/// nothing but answers, and only to where requests came from. After every input, drain poll().
class LiteAgent {
 public:
  struct Config {
    Credentials local;
    /// Without an authenticated check for this long the peer's consent is lost (RFC 7675, seen from the side that is
    /// asked).
    Duration consent = 30s;
    std::size_t max_paths = 16;  // addresses of the peer that are remembered; the stalest gives way
  };

  struct Send {
    Path to;
    std::vector<std::byte> datagram;
  };
  /// An authenticated check came from a new address: from now on, datagrams from there are this session's.
  struct PathAdded {
    Path path;
  };
  /// It gave way to newer ones, or belonged to the time before a restart.
  struct PathRemoved {
    Path path;
  };
  /// Media goes there from now on. Comes again whenever the peer moves.
  struct Selected {
    Path path;
  };
  /// Nothing may be sent any more (RFC 7675 §5.1) until restart().
  struct ConsentLost {};
  using Output = std::variant<Send, PathAdded, PathRemoved, Selected, ConsentLost>;

  /// What was not answered with success, and why.
  struct Counters {
    std::uint64_t answered = 0;           // with success
    std::uint64_t not_stun = 0;           // or malformed
    std::uint64_t not_a_request = 0;      // indications, responses, other methods
    std::uint64_t bad_fingerprint = 0;    // dropped
    std::uint64_t bad_request = 0;        // 400: no USERNAME or MESSAGE-INTEGRITY
    std::uint64_t unauthorized = 0;       // 401: another ufrag, or a wrong password
    std::uint64_t unknown_attribute = 0;  // 420
    std::uint64_t role_conflict = 0;      // 487: the peer thinks that we control
    std::uint64_t over_rate = 0;          // dropped
    std::uint64_t without_consent = 0;    // dropped, because consent is lost
  };

  LiteAgent(Config config, TimePoint now);

  void receive(const Path& from, std::span<const std::byte> datagram, TimePoint now);
  void advance(TimePoint now);
  /// A TCP connection or socket is gone: its paths go with it.
  void channel_closed(Channel channel, TimePoint now);
  /// ICE restart: new credentials hold at once. The old ones are answered too, and the old path is used, until the peer
  /// nominates with the new ones.
  void restart(Credentials local, TimePoint now);
  std::optional<Output> poll() { return outbox_.poll(); }
  TimePoint deadline() const;

  const Credentials& local() const { return local_; }
  const std::optional<Path>& selected() const { return selected_; }
  bool knows(const Path& path) const;
  bool consent_lost() const { return consent_lost_; }
  const Counters& counters() const { return counters_; }

 private:
  struct Seen {
    Path path;
    int generation = 0;
    std::uint32_t priority = 0;  // PRIORITY of the peer's checks
    TimePoint checked_at{};
    std::optional<TimePoint> nominated_at{};
  };

  const Credentials* authenticate(const stun::Message& message, const stun::Contents& contents, const Path& from,
                                  TimePoint now);
  void refuse(const stun::Message& message, const Path& to, int code, TimePoint now,
              const Credentials* signer = nullptr, std::span<const std::uint16_t> unknown = {});
  Seen& remember(const Path& path, int generation, const stun::Contents& contents, TimePoint now);
  bool may_select(const Seen& nominated, TimePoint now) const;
  void nominate(Seen& seen, TimePoint now);
  void select(const Path& path);
  void forget_previous();
  const Seen* fresher_than_selected() const;
  Seen* find(const Path& path);
  const Seen* find(const Path& path) const;

  Config config_;
  Credentials local_;
  std::optional<Credentials> previous_;  // until the new ones have a nomination
  int generation_ = 0;
  std::vector<Seen> seen_;
  std::optional<Path> selected_;
  TimePoint alive_at_;  // the last authenticated check, or the start
  bool consent_lost_ = false;
  TokenBucket answers_, errors_;
  Counters counters_;
  Outbox<Output> outbox_;
};

}  // namespace parley::ice
