// Their INVITE: arrival, ringing, the answer and its ACK, CANCEL (RFC 3261 §13.3, §9.2).
#include "protocol/sip/core.hpp"
#include "protocol/sip/ids.hpp"

namespace parley::sip {

namespace {

// RFC 3261 §13.3.1.1: a proxy gives an INVITE up after three silent minutes.
constexpr Duration repeat_provisional_every = 60s;

/// One hop, no record of a proxy, and not where its Via says: a NAT is between us, and only the way
/// it came leads back.
bool is_behind_nat(const Message& request) {
  if (request.via.size() != 1 || request.header("Record-Route")) return false;
  const std::string_view received = request.via.front().params.value("received");
  const auto source = IpAddress::parse(received);
  const auto claimed = IpAddress::parse(request.via.front().host);
  return source && (!claimed || *claimed != *source);
}

}  // namespace

void Stack::Core::on_invite(ServerId id, Message request, const Flow& from, TimePoint now) {
  if (refusing || live_sessions >= config.limits.sessions) {
    ++counters.refused_overload;
    const auto wait = refusing.value_or(config.limits.retry_after);
    return reply(id, request, 503, now, {{"Retry-After", std::to_string(wait.count())}});
  }
  if (refuse_short_interval(id, request, now)) return;
  std::optional<Replaces> replaces;
  if (const auto header = request.header("Replaces")) {
    replaces = Replaces::parse(*header);
    if (!replaces) return reply(id, request, 400, now, {}, "Bad Replaces");
  }
  const std::string tag = make_tag(config.worker, random);
  auto dialog = Dialog::of_request(request, tag);
  if (!dialog) return reply(id, request, 400, now, {}, std::string{describe(dialog.error())});

  Session& session = create_session(true, request.call_id, tag);
  session.phase = Phase::incoming;
  follow(session, from);
  // A connection leads back to whoever stays on the way: the caller itself, or a proxy that said so.
  session.pinned = from.connection != 0 ? request.via.size() == 1 || request.header("Record-Route").has_value()
                                        : is_behind_nat(request);
  session.peer_updates = request.has_token("Allow", "UPDATE");
  session.peer_has_timer = request.has_token("Supported", "timer");
  session.branches.push_back({.dialog = std::move(*dialog)});
  invites_.emplace(id, session.id);
  layer.respond(id, make_response(request, 100, reason_phrase(100), {}), now);

  auto offer = sdp_of(request);
  session.invite = PendingInvite{id, request};
  outputs.push(Incoming{session.id, std::move(request), from, std::move(offer), std::move(replaces)});
}

bool Stack::Core::ring(Session& session, int status, std::optional<std::string> sdp, bool reliable, TimePoint now) {
  if (session.phase != Phase::incoming || !session.invite || status <= 100 || status >= 200) return false;
  const Message& invite = session.invite->request;
  const bool offered = sdp_of(invite).has_value();
  const bool required = invite.has_token("Require", "100rel");
  reliable = required || ((reliable || config.reliable_provisional) && invite.has_token("Supported", "100rel"));
  if (!offered && !reliable) sdp.reset();  // an offer needs an answer, and an unreliable 18x gets none
  if (session.negotiated || session.we_offered) sdp.reset();

  Message response = session_response(session, invite, status);
  const bool carries_sdp = sdp.has_value();
  if (sdp) {
    session.local_sdp = *sdp;
    add_sdp(response, std::move(*sdp));
  }
  if (reliable) {
    if (carries_sdp) (offered ? session.negotiated : session.we_offered) = true;
    session.prack_wants_answer = carries_sdp && !offered;
    send_reliable(session, std::move(response), carries_sdp, now);
    return true;
  }
  layer.respond(session.invite->server, response, now);
  session.last_provisional = std::move(response);
  session.repeat_provisional_at = now + repeat_provisional_every;
  return true;
}

bool Stack::Core::answer(Session& session, std::string sdp, TimePoint now) {
  if (session.phase != Phase::incoming || !session.invite || session.deferred_answer) return false;
  // RFC 3262 §3: not before the PRACK for a provisional that carried SDP.
  const bool unfinished = (session.provisional && session.provisional->carries_sdp) || session.prack_wants_answer ||
                          (session.remote_offer && session.remote_offer->via == OfferPath::prack);
  if (unfinished) {
    session.deferred_answer = std::move(sdp);
    return true;
  }
  const PendingInvite invite = std::move(*session.invite);
  session.invite.reset();
  invites_.erase(invite.server);
  session.provisional.reset();
  session.provisionals_waiting.clear();
  session.repeat_provisional_at = TimePoint::max();
  session.last_provisional.reset();

  Message response = session_response(session, invite.request, 200);
  accept_interval(session, invite.request, response, now);
  const bool offered = sdp_of(invite.request).has_value();
  if (!session.negotiated) {
    session.local_sdp = sdp;
    add_sdp(response, std::move(sdp));
    if (offered) session.negotiated = true;
  }
  const bool expects_answer = !offered && !session.negotiated;
  session.we_offered = expects_answer;
  session.phase = Phase::established;
  send_success(session, invite.server, std::move(response), expects_answer, true, now);
  return true;
}

// 2xx to an INVITE: repeated from here until the ACK, on reliable transports too, since a proxy on
// the way may change the transport (RFC 3261 §13.3.1.4).
void Stack::Core::send_success(Session& session, ServerId server, Message response, bool expects_answer, bool initial,
                               TimePoint now) {
  const auto flow = layer.response_flow(server);
  layer.respond(server, response, now);
  session.unacked = UnackedSuccess{.response = std::move(response),
                                   .flow = flow.value_or(session.flow),
                                   .interval = config.timers.t1,
                                   .resend_at = now + config.timers.t1,
                                   .give_up_at = now + config.timers.give_up(),
                                   .expects_answer = expects_answer,
                                   .initial = initial};
}

void Stack::Core::advance_unacked(Session& session, TimePoint now) {
  if (!session.unacked) return;
  UnackedSuccess& unacked = *session.unacked;
  if (now >= unacked.give_up_at) {
    session.unacked.reset();
    const bool was_over = session.phase == Phase::over;
    if (!was_over || session.bye_after_ack) send_bye(session, now);
    return end(session, EndReason::protocol, 408, "No ACK", now);
  }
  while (now >= unacked.resend_at) {
    layer.send_stateless(unacked.flow, unacked.response, true);
    unacked.interval = std::min(2 * unacked.interval, config.timers.t2);
    unacked.resend_at += unacked.interval;
  }
}

void Stack::Core::on_ack(const Message& ack, TimePoint now) {
  Session* session = session_of(ack);
  if (!session || !session->unacked || session->unacked->response.cseq.number != ack.cseq.number) {
    ++counters.stray_acks;
    return;
  }
  const UnackedSuccess unacked = std::move(*session->unacked);
  session->unacked.reset();
  if (session->phase == Phase::over) {
    if (session->bye_after_ack) send_bye(*session, now);
    return;
  }
  auto sdp = sdp_of(ack);
  if (unacked.expects_answer && !sdp) {
    send_bye(*session, now);
    return end(*session, EndReason::protocol, 488, "No answer in the ACK", now);
  }
  session->we_offered = false;
  session->negotiated = true;
  if (!unacked.expects_answer) sdp.reset();
  if (unacked.initial) outputs.push(Acknowledged{session->id, std::move(sdp)});
  else if (sdp) outputs.push(AnswerReceived{session->id, std::move(*sdp)});
}

void Stack::Core::on_cancel(ServerId invite, const std::string& reason_header, TimePoint now) {
  const auto found = invites_.find(invite);
  if (found == invites_.end()) return;  // answered before it came: the CANCEL has no effect
  Session* session = touch(found->second);
  invites_.erase(found);
  if (!session) return;
  if (session->invite && session->invite->server == invite) {
    layer.respond(invite, session_response(*session, session->invite->request, 487), now);
    session->invite.reset();
    return end(*session, EndReason::cancel, sip_cause(reason_header), reason_header, now);
  }
  if (session->remote_offer && session->remote_offer->server == invite) {
    layer.respond(invite, session_response(*session, session->remote_offer->request, 487), now);
    session->remote_offer.reset();
  }
}

}  // namespace parley::sip
