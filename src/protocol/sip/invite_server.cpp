#include "protocol/sip/invite_server.hpp"

#include <algorithm>

namespace parley::sip {

void InviteServer::respond(int status, std::string text, TimePoint now) {
  auto* state = std::get_if<Proceeding>(&state_);
  if (!state) return;
  outputs_.push(Send{text});
  if (status < 200) state->last = std::move(text);
  else if (status < 300) state_ = Accepted{now + timers_.give_up()};
  else
    state_ = Completed{std::move(text), timers_.t1, reliable_ ? TimePoint::max() : now + timers_.t1,
                       now + timers_.give_up()};
}

void InviteServer::receive_invite() {
  if (const auto* state = std::get_if<Proceeding>(&state_)) {
    if (!state->last.empty()) outputs_.push(Send{state->last, true});
  } else if (const auto* completed = std::get_if<Completed>(&state_)) {
    outputs_.push(Send{completed->text, true});
  }
}

void InviteServer::receive_ack(TimePoint now) {
  if (!std::holds_alternative<Completed>(state_)) return;
  if (reliable_) return end(TransactionEnd::finished);
  state_ = Confirmed{now + timers_.t4};
}

void InviteServer::transport_failed() {
  if (!ended()) end(TransactionEnd::transport);
}

void InviteServer::advance(TimePoint now) {
  if (auto* completed = std::get_if<Completed>(&state_)) {
    if (now >= completed->give_up_at) return end(TransactionEnd::timeout);
    while (now >= completed->resend_at) {
      outputs_.push(Send{completed->text, true});
      completed->interval = std::min(2 * completed->interval, timers_.t2);
      completed->resend_at += completed->interval;
    }
  } else if (auto* accepted = std::get_if<Accepted>(&state_)) {
    if (now >= accepted->end_at) end(TransactionEnd::finished);
  } else if (auto* confirmed = std::get_if<Confirmed>(&state_)) {
    if (now >= confirmed->end_at) end(TransactionEnd::finished);
  }
}

TimePoint InviteServer::deadline() const {
  if (const auto* completed = std::get_if<Completed>(&state_))
    return std::min(completed->resend_at, completed->give_up_at);
  if (const auto* accepted = std::get_if<Accepted>(&state_)) return accepted->end_at;
  if (const auto* confirmed = std::get_if<Confirmed>(&state_)) return confirmed->end_at;
  return TimePoint::max();
}

void InviteServer::end(TransactionEnd reason) {
  state_ = Terminated{};
  outputs_.push(Ended{reason});
}

}  // namespace parley::sip
