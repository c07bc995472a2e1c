#include "protocol/sip/non_invite_client.hpp"

#include <algorithm>

namespace parley::sip {

NonInviteClient::NonInviteClient(const Message& request, bool reliable, const Timers& timers, TimePoint now)
    : timers_{timers}, reliable_{reliable} {
  std::string text = request.to_string();
  outputs_.push(Send{text});
  state_ =
      Waiting{std::move(text), timers.t1, reliable ? TimePoint::max() : now + timers.t1, now + timers.give_up(), false};
}

void NonInviteClient::receive(Message response, TimePoint now) {
  auto* waiting = std::get_if<Waiting>(&state_);
  if (!waiting) return;  // a retransmission of the final response
  if (response.status < 200) {
    waiting->provisional = true;
    outputs_.push(Deliver{std::move(response)});
    return;
  }
  outputs_.push(Deliver{std::move(response)});
  if (reliable_) end(TransactionEnd::finished);
  else state_ = Completed{now + timers_.t4};
}

void NonInviteClient::transport_failed() {
  if (std::holds_alternative<Waiting>(state_)) end(TransactionEnd::transport);
}

void NonInviteClient::advance(TimePoint now) {
  if (auto* waiting = std::get_if<Waiting>(&state_)) {
    if (now >= waiting->give_up_at) return end(TransactionEnd::timeout);
    while (now >= waiting->resend_at) {
      outputs_.push(Send{waiting->text, true});
      waiting->interval = waiting->provisional ? timers_.t2 : std::min(2 * waiting->interval, timers_.t2);
      waiting->resend_at += waiting->interval;
    }
  } else if (auto* completed = std::get_if<Completed>(&state_)) {
    if (now >= completed->end_at) end(TransactionEnd::finished);
  }
}

TimePoint NonInviteClient::deadline() const {
  if (const auto* waiting = std::get_if<Waiting>(&state_)) return std::min(waiting->resend_at, waiting->give_up_at);
  if (const auto* completed = std::get_if<Completed>(&state_)) return completed->end_at;
  return TimePoint::max();
}

void NonInviteClient::end(TransactionEnd reason) {
  state_ = Terminated{};
  outputs_.push(Ended{reason});
}

}  // namespace parley::sip
