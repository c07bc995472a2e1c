// One server transaction of any method but INVITE (RFC 3261 §17.2.2).
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
class NonInviteServer {
 public:
  struct Send {
    std::string text;
    bool again = false;
  };
  struct Ended {
    TransactionEnd reason;
  };  // always the last output
  using Output = std::variant<Send, Ended>;

  NonInviteServer(bool reliable, const Timers& timers) : timers_{timers}, reliable_{reliable} {}
  void respond(int status, std::string text, TimePoint now);
  void receive_again();  // a retransmission of the request
  void transport_failed();
  void advance(TimePoint now);
  std::optional<Output> poll() { return outputs_.poll(); }
  TimePoint deadline() const;
  bool ended() const { return std::holds_alternative<Terminated>(state_); }
  bool waiting() const { return std::holds_alternative<Waiting>(state_); }

 private:
  struct Waiting {
    std::string last;
  };  // Trying, and Proceeding once `last` is a provisional response
  struct Completed {
    std::string text;
    TimePoint end_at;
  };  // timer J
  struct Terminated {};

  void end(TransactionEnd reason);

  Timers timers_;
  bool reliable_;
  std::variant<Waiting, Completed, Terminated> state_;
  Outbox<Output> outputs_;
};

}  // namespace parley::sip
