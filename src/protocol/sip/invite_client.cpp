#include "protocol/sip/invite_client.hpp"

#include <algorithm>

namespace parley::sip {

namespace {

// RFC 3261 §17.1.1.3: the ACK goes the INVITE's way, in the INVITE's transaction.
Message ack_of(const Message& invite) {
  Message ack;
  ack.method = "ACK";
  ack.request_uri = invite.request_uri;
  ack.via = {invite.via.front()};
  ack.from = invite.from;
  ack.call_id = invite.call_id;
  ack.cseq = {invite.cseq.number, "ACK"};
  for (const HeaderField& field : invite.headers)
    if (field.name == "Route") ack.headers.push_back(field);
  return ack;
}

}  // namespace

InviteClient::InviteClient(const Message& invite, bool reliable, const Timers& timers, TimePoint now)
    : timers_{timers}, reliable_{reliable}, ack_{ack_of(invite)} {
  std::string text = invite.to_string();
  outputs_.push(Send{text});
  state_ = Calling{std::move(text), timers.t1, reliable ? TimePoint::max() : now + timers.t1, now + timers.give_up()};
}

void InviteClient::receive(Message response, TimePoint now) {
  if (auto* completed = std::get_if<Completed>(&state_)) {
    if (response.status >= 300) outputs_.push(Send{completed->ack, true});
    return;
  }
  if (ended()) return;
  if (std::holds_alternative<Accepted>(state_)) {  // more 2xx: retransmissions or other forks
    if (response.status >= 200 && response.status < 300) outputs_.push(Deliver{std::move(response)});
    return;
  }
  if (response.status < 200) {
    if (!proceeding()) state_ = Proceeding{};
  } else if (response.status < 300) {
    state_ = Accepted{now + timers_.give_up()};
  } else {
    std::string ack = ack_for(response);
    outputs_.push(Send{ack});
    if (reliable_) {
      outputs_.push(Deliver{std::move(response)});
      end(TransactionEnd::finished);
      return;
    }
    state_ = Completed{std::move(ack), now + timers_.d};
  }
  outputs_.push(Deliver{std::move(response)});
}

void InviteClient::transport_failed() {
  if (!ended()) end(TransactionEnd::transport);
}

void InviteClient::advance(TimePoint now) {
  if (auto* calling = std::get_if<Calling>(&state_)) {
    if (now >= calling->give_up_at) return end(TransactionEnd::timeout);
    while (now >= calling->resend_at) {  // timer A doubles without a ceiling
      outputs_.push(Send{calling->text, true});
      calling->interval *= 2;
      calling->resend_at += calling->interval;
    }
  } else if (auto* accepted = std::get_if<Accepted>(&state_)) {
    if (now >= accepted->end_at) end(TransactionEnd::finished);
  } else if (auto* completed = std::get_if<Completed>(&state_)) {
    if (now >= completed->end_at) end(TransactionEnd::finished);
  }
}

TimePoint InviteClient::deadline() const {
  if (const auto* calling = std::get_if<Calling>(&state_)) return std::min(calling->resend_at, calling->give_up_at);
  if (const auto* accepted = std::get_if<Accepted>(&state_)) return accepted->end_at;
  if (const auto* completed = std::get_if<Completed>(&state_)) return completed->end_at;
  return TimePoint::max();
}

void InviteClient::end(TransactionEnd reason) {
  state_ = Terminated{};
  outputs_.push(Ended{reason});
}

std::string InviteClient::ack_for(const Message& response) const {
  Message ack = ack_;
  ack.to = response.to;
  return ack.to_string();
}

}  // namespace parley::sip
