// One INVITE server transaction: RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/time.hpp"
#include "protocol/sip/outbox.hpp"
#include "protocol/sip/timers.hpp"
#include "protocol/sip/transaction.hpp"

namespace parley::sip {

/// After every input, drain poll() before the next. A 2xx is retransmitted by the user, who sees
/// its ACK (RFC 3261 §13.3.1.4); this machine only swallows the INVITEs that cross it.
class InviteServer {
 public:
  struct Send {
    std::string text;
    bool again = false;
  };
  struct Ended {
    TransactionEnd reason;
  };  // always the last output
  using Output = std::variant<Send, Ended>;

  InviteServer(bool reliable, const Timers& timers) : timers_{timers}, reliable_{reliable} {}
  /// The user's response, already in wire form. After a final one nothing more is sent.
  void respond(int status, std::string text, TimePoint now);
  void receive_invite();  // a retransmission
  void receive_ack(TimePoint now);
  void transport_failed();
  void advance(TimePoint now);
  std::optional<Output> poll() { return outputs_.poll(); }
  TimePoint deadline() const;
  bool ended() const { return std::holds_alternative<Terminated>(state_); }
  bool proceeding() const { return std::holds_alternative<Proceeding>(state_); }
  bool accepted() const { return std::holds_alternative<Accepted>(state_); }

 private:
  struct Proceeding {
    std::string last;
  };
  struct Accepted {
    TimePoint end_at;
  };  // timer L
  struct Completed {
    std::string text;
    Duration interval;
    TimePoint resend_at, give_up_at;
  };  // G and H
  struct Confirmed {
    TimePoint end_at;
  };  // timer I
  struct Terminated {};

  void end(TransactionEnd reason);

  Timers timers_;
  bool reliable_;
  std::variant<Proceeding, Accepted, Completed, Confirmed, Terminated> state_;
  Outbox<Output> outputs_;
};

}  // namespace parley::sip
