// What the controlling agent makes of datagrams: answers to its checks, and the checks of a full peer.
#include <algorithm>

#include "protocol/ice/controlling_agent.hpp"
#include "protocol/stun/builder.hpp"

namespace parley::ice {
namespace {

constexpr int max_role_switches = 4;  // two honest agents need one

}  // namespace

void ControllingAgent::receive(const Path& from, std::span<const std::byte> datagram, TimePoint now) {
  const auto message = stun::parse(datagram);
  if (!message || message->method != stun::binding) return void(++counters_.not_stun);
  if (ended_) return;
  const auto contents = stun::read(*message);
  if (contents.has_fingerprint && !stun::verify_fingerprint(*message)) return void(++counters_.bad_fingerprint);
  switch (message->message_class) {
    case stun::Class::request: receive_request(from, *message, contents, now); break;
    case stun::Class::success:
    case stun::Class::error: receive_response(from, *message, contents, now); break;
    case stun::Class::indication: break;  // a keepalive of RFC 8445 §11
  }
  advance(now);
}

void ControllingAgent::receive_request(const Path& from, const stun::Message& message, const stun::Contents& contents,
                                       TimePoint now) {
  if (contents.malformed || !contents.username || !contents.has_integrity) {
    ++counters_.bad_request;
    return answer_error(from, message, 400, now, nullptr);
  }
  const auto colon = contents.username->find(':');
  const auto ufrag = colon == std::string_view::npos ? std::string_view{} : contents.username->substr(0, colon);
  const Credentials* credentials = nullptr;
  if (ufrag == local_.ufrag) credentials = &local_;
  else if (previous_local_ && ufrag == previous_local_->ufrag) credentials = &*previous_local_;
  if (!credentials || !stun::verify_integrity(message, credentials->pwd)) {
    ++counters_.unauthorized;
    return answer_error(from, message, 401, now, nullptr);
  }
  if (contents.unknown_count != 0) {
    ++counters_.unknown_attribute;
    return answer_error(from, message, 420, now, credentials, contents.unknown_attributes());
  }
  if (!resolve_roles(contents)) {
    ++counters_.role_conflict;
    return answer_error(from, message, 487, now, credentials);
  }
  if (!answers_.take(now)) return void(++counters_.over_rate);
  ++counters_.answered;
  outbox_.push(Send{from, stun::Builder{stun::Class::success, message.transaction_id}
                              .xor_mapped_address(from.remote)
                              .finish(credentials->pwd)});
  if (credentials == &local_) learn_from_request(from, contents, now);
}

/// RFC 8445 §7.3.1.1. False: the peer is to change its role.
bool ControllingAgent::resolve_roles(const stun::Contents& contents) {
  const auto& same_role = controlling_ ? contents.ice_controlling : contents.ice_controlled;
  if (!same_role) return true;
  const bool we_win = tie_breaker_ >= *same_role;  // the winner controls
  if (we_win == controlling_) return false;
  if (role_switches_ >= max_role_switches || remote_lite_) return false;
  switch_role(!controlling_);
  return true;
}

/// RFC 8445 §7.3.1.3 to §7.3.1.5: a new address is a peer-reflexive candidate, and is checked in return.
void ControllingAgent::learn_from_request(const Path& from, const stun::Contents& contents, TimePoint now) {
  Pair* pair = find(from);
  if (!pair) {
    const Local* const local = local_of(from.channel);
    if (local) pair = add_pair(*local, from.remote, contents.priority.value_or(1));
    if (!pair) return void(++counters_.candidates_ignored);
  }
  const bool nominated_by_peer = !controlling_ && contents.use_candidate;
  pair->nominate |= nominated_by_peer;
  if (pair->state == State::succeeded) {
    if (nominated_by_peer) select(*pair, now);
  } else if (pair->state == State::in_progress && pair->check) {
    // The peer's request came through, so ours will now: again at once rather than after the RTO.
    if (pair->check->sent > 1) return;
    pair->check->next_at = now;
  } else if (!nominated_ || nominated_by_peer) {
    trigger(*pair);
  }
}

void ControllingAgent::answer_error(const Path& to, const stun::Message& message, int code, TimePoint now,
                                    const Credentials* signer, std::span<const std::uint16_t> unknown) {
  if (!errors_.take(now)) return void(++counters_.over_rate);
  stun::Builder builder{stun::Class::error, message.transaction_id};
  builder.error_code(code, stun::reason_phrase(code));
  if (!unknown.empty()) builder.unknown_attributes(unknown);
  outbox_.push(Send{to, signer ? builder.finish(signer->pwd) : builder.finish()});
}

void ControllingAgent::receive_response(const Path& from, const stun::Message& message, const stun::Contents& contents,
                                        TimePoint now) {
  const auto found = std::ranges::find_if(
      pairs_, [&](const Pair& pair) { return pair.check && pair.check->id == message.transaction_id; });
  if (found == pairs_.end()) {
    if (!consent_response(from, message, now)) ++counters_.unmatched_response;
    return;
  }
  Pair& pair = *found;
  const bool success = message.message_class == stun::Class::success;
  // A success must be signed. Errors of RFC 8489 §9.1.3 cannot be; their transaction id was not guessed.
  const bool believable = success || contents.has_integrity ? stun::verify_integrity(message, remote_->pwd) : true;
  if (!believable || contents.malformed || contents.unknown_count != 0 || (!success && !contents.error_code))
    return void(++counters_.unmatched_response);
  const Check check = std::move(*pair.check);
  pair.check.reset();
  if (from != pair.path) pair.state = State::failed;  // RFC 8445 §7.2.5.2.1: the way back is another one
  else if (success) check_succeeded(pair, check, now);
  else check_refused(pair, check, contents.error_code->code);
}

/// RFC 8445 §7.2.5.1.
void ControllingAgent::check_refused(Pair& pair, const Check& check, int code) {
  pair.state = State::failed;
  // A lite agent cannot control, whatever it says.
  if (code != 487 || remote_lite_ || role_switches_ >= max_role_switches) return;
  if (check.controlling == controlling_) switch_role(!controlling_);
  trigger(pair);
}

}  // namespace parley::ice
