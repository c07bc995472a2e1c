// One INVITE client transaction: RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/time.hpp"
#include "protocol/sip/outbox.hpp"
#include "protocol/sip/timers.hpp"
#include "protocol/sip/transaction.hpp"

namespace parley::sip {

/// After every input, drain poll() before the next.
class InviteClient {
 public:
  struct Send {
    std::string text;
    bool again = false;
  };
  struct Deliver {
    Message response;
  };
  struct Ended {
    TransactionEnd reason;
  };  // always the last output
  using Output = std::variant<Send, Deliver, Ended>;

  InviteClient(const Message& invite, bool reliable, const Timers& timers, TimePoint now);
  void receive(Message response, TimePoint now);
  void transport_failed();
  void advance(TimePoint now);  // due timers fire; calling early is harmless
  std::optional<Output> poll() { return outputs_.poll(); }
  TimePoint deadline() const;  // TimePoint::max() when only the peer can act
  bool ended() const { return std::holds_alternative<Terminated>(state_); }
  bool calling() const { return std::holds_alternative<Calling>(state_); }
  bool proceeding() const { return std::holds_alternative<Proceeding>(state_); }

 private:
  // A state owns what only it needs, so no timer can outlive the state that armed it.
  struct Calling {
    std::string text;
    Duration interval;
    TimePoint resend_at, give_up_at;
  };  // A and B
  struct Proceeding {};
  struct Accepted {
    TimePoint end_at;
  };  // timer M
  struct Completed {
    std::string ack;
    TimePoint end_at;
  };  // timer D
  struct Terminated {};

  void end(TransactionEnd reason);
  std::string ack_for(const Message& response) const;

  Timers timers_;
  bool reliable_;
  Message ack_;  // all of the ACK but the To, which the response brings
  std::variant<Calling, Proceeding, Accepted, Completed, Terminated> state_;
  Outbox<Output> outputs_;
};

}  // namespace parley::sip
