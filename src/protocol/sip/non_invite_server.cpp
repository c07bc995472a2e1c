#include "protocol/sip/non_invite_server.hpp"

namespace parley::sip {

void NonInviteServer::respond(int status, std::string text, TimePoint now) {
  auto* state = std::get_if<Waiting>(&state_);
  if (!state) return;
  outputs_.push(Send{text});
  if (status < 200) state->last = std::move(text);
  else if (reliable_) end(TransactionEnd::finished);
  else state_ = Completed{std::move(text), now + timers_.give_up()};
}

void NonInviteServer::receive_again() {
  if (const auto* state = std::get_if<Waiting>(&state_)) {
    if (!state->last.empty()) outputs_.push(Send{state->last, true});
  } else if (const auto* completed = std::get_if<Completed>(&state_)) {
    outputs_.push(Send{completed->text, true});
  }
}

void NonInviteServer::transport_failed() {
  if (!ended()) end(TransactionEnd::transport);
}

void NonInviteServer::advance(TimePoint now) {
  const auto* completed = std::get_if<Completed>(&state_);
  if (completed && now >= completed->end_at) end(TransactionEnd::finished);
}

TimePoint NonInviteServer::deadline() const {
  const auto* completed = std::get_if<Completed>(&state_);
  return completed ? completed->end_at : TimePoint::max();
}

void NonInviteServer::end(TransactionEnd reason) {
  state_ = Terminated{};
  outputs_.push(Ended{reason});
}

}  // namespace parley::sip
