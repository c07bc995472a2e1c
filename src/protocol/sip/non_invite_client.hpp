// One client transaction of any method but INVITE (RFC 3261 §17.1.2).
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
class NonInviteClient {
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

  NonInviteClient(const Message& request, bool reliable, const Timers& timers, TimePoint now);
  void receive(Message response, TimePoint now);
  void transport_failed();
  void advance(TimePoint now);
  std::optional<Output> poll() { return outputs_.poll(); }
  TimePoint deadline() const;
  bool ended() const { return std::holds_alternative<Terminated>(state_); }

 private:
  /// Trying and Proceeding: timers E and F. A provisional response slows E down to T2.
  struct Waiting {
    std::string text;
    Duration interval;
    TimePoint resend_at, give_up_at;
    bool provisional;
  };
  struct Completed {
    TimePoint end_at;
  };  // timer K
  struct Terminated {};

  void end(TransactionEnd reason);

  Timers timers_;
  bool reliable_;
  std::variant<Waiting, Completed, Terminated> state_;
  Outbox<Output> outputs_;
};

}  // namespace parley::sip
