// Which peers of our trunks answer: OPTIONS now and then, and which of them a call is sent to.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/outbox.hpp"
#include "base/time.hpp"

namespace parley::legs {

/// A core. A peer counts as up until it has failed twice in a row, and is up again with one answer:
/// a lost datagram is no outage, and a carrier that is back is to be used at once.
class TrunkHealth {
 public:
  struct Trunk {
    std::string name;
    std::vector<std::string> peers;  // SIP URIs, the preferred first
    Duration interval = 30s;         // 0: not asked; always up
  };
  /// Send OPTIONS, and say answered().
  struct Ask {
    std::size_t trunk, peer;
  };
  struct Changed {
    std::size_t trunk, peer;
    bool up;
    int status;  // what was answered last
  };
  using Output = std::variant<Ask, Changed>;

  TrunkHealth(std::vector<Trunk> trunks, TimePoint now);

  /// `status` of the final response; 408 and 503 also stand for none at all. A peer that is silent for
  /// a few seconds has failed, long before SIP's own time-out: a caller is waiting.
  void answered(std::size_t trunk, std::size_t peer, int status, TimePoint now);
  void advance(TimePoint now);
  std::optional<Output> poll() { return outputs_.poll(); }
  TimePoint deadline() const;

  const std::vector<Trunk>& trunks() const { return trunks_; }
  bool up(std::size_t trunk, std::size_t peer) const { return states_[trunk][peer].up; }
  /// The peers of a trunk in the order in which a call tries them: those that are up, then, because
  /// to try is better than to give up, the others.
  std::vector<std::string> order(std::size_t trunk) const;

 private:
  struct State {
    bool up = true;
    bool asked = false;
    int failures = 0;
    TimePoint act_at{};  // asked: when to give up; else when to ask
  };

  std::vector<Trunk> trunks_;
  std::vector<std::vector<State>> states_;
  Outbox<Output> outputs_;
};

}  // namespace parley::legs
