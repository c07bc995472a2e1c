// Our INVITE: forks, early media, the answer and its ACK (RFC 3261 §13.2).
#include "protocol/sip/core.hpp"
#include "protocol/sip/ids.hpp"
#include "protocol/sip/text.hpp"

namespace parley::sip {

SessionId Stack::Core::invite(InviteOptions options, TimePoint now) {
  if (live_sessions >= config.limits.sessions) {
    ++counters.refused_overload;
    const SessionId id = ++last_id_;
    outputs.push(Ended{id, EndReason::rejected, 503, "Too many sessions"});
    return id;
  }
  Session& session = create_session(false, make_call_id(config.worker, random), make_tag(config.worker, random));
  session.phase = Phase::inviting;
  session.contact = std::move(options.contact);
  session.digest = digest_for(options.credentials);
  session.ring_until = now + options.ring_timeout;
  // Whoever names the way and no route means that all requests go that way: a phone behind NAT.
  session.pinned = !options.flows.empty() && (options.route.empty() || options.flows.front().connection != 0);
  if (!options.flows.empty()) follow(session, options.flows.front());
  session.invite_flows = std::move(options.flows);

  Message& invite = session.invite_sent;
  invite.method = "INVITE";
  invite.from = std::move(options.from);
  invite.from.params.set("tag", session.local_tag);
  if (options.to) {
    invite.to = std::move(*options.to);
    invite.to.params.erase("tag");
  } else {
    invite.to.uri = options.target;
  }
  invite.call_id = session.call_id;
  invite.cseq = {1, "INVITE"};
  invite.headers = std::move(options.headers);
  apply_route(invite, options.target, options.route);
  if (session.contact) invite.add("Contact", session.contact->to_string());
  add_capabilities(invite);
  offer_interval(session, invite);
  if (options.offer) {
    session.we_offered = true;
    session.local_sdp = *options.offer;
    add_sdp(invite, std::move(*options.offer));
  }
  const SessionId id = session.id;
  send_invite(session, now);
  return id;
}

void Stack::Core::send_invite(Session& session, TimePoint now) {
  ++session.requests_pending;
  session.invite_client = layer.send(
      {.purpose = Purpose::invite, .owner = session.id, .message = session.invite_sent, .flows = session.invite_flows},
      now);
}

void Stack::Core::on_invite_response(Session& session, ResponseArrived arrived, TimePoint now) {
  const int status = arrived.response.status;
  if (status == 100) {
    if (session.cancel_wanted && session.cancel_given_up_at == TimePoint::max()) request_cancel(session, now);
    return;
  }
  if (status < 200) return on_invite_provisional(session, std::move(arrived), now);
  if (status < 300) return on_invite_success(session, std::move(arrived), now);
  on_invite_failure(session, arrived, now);
}

std::optional<std::size_t> Stack::Core::branch_of(Session& session, const Message& response) {
  const std::string_view tag = response.to.tag();
  for (std::size_t i = 0; i < session.branches.size(); ++i)
    if (session.branches[i].dialog.remote_tag() == tag) return i;
  if (session.branches.size() >= config.limits.dialogs_per_invite) {
    ++counters.dropped_overload;
    return std::nullopt;
  }
  auto dialog = Dialog::of_response(session.invite_sent, response);
  if (!dialog) return std::nullopt;
  session.branches.push_back({.dialog = std::move(*dialog)});
  return session.branches.size() - 1;
}

void Stack::Core::on_invite_provisional(Session& session, ResponseArrived arrived, TimePoint now) {
  if (session.cancel_wanted && session.cancel_given_up_at == TimePoint::max()) request_cancel(session, now);
  if (session.phase != Phase::inviting) return;
  Message& response = arrived.response;
  std::optional<std::size_t> branch;
  if (!response.to.tag().empty()) {
    branch = branch_of(session, response);
    if (!branch) return;
    if (response.has_token("Allow", "UPDATE")) session.peer_updates = true;
    if (!session.pinned) follow(session, arrived.from);
  }
  const bool reliable = branch && response.has_token("Require", "100rel") && response.header("RSeq");
  if (reliable && !take_reliable(session, *branch, response, now)) return;
  auto sdp = session.we_offered ? sdp_of(response) : std::nullopt;
  outputs.push(Progress{session.id, response.status, std::move(sdp), std::move(response)});
}

void Stack::Core::on_invite_success(Session& session, ResponseArrived arrived, TimePoint now) {
  const Message& response = arrived.response;
  const std::uint32_t cseq = response.cseq.number;
  const auto branch = branch_of(session, response);
  if (!branch) {  // a 2xx that no dialog can be made of: there is nobody to acknowledge
    if (session.phase == Phase::inviting) {
      request_cancel(session, now);
      end(session, EndReason::protocol, response.status, "Unusable 2xx", now);
    }
    return;
  }
  const bool answered = session.phase == Phase::established || session.ack;
  if (answered && *branch == session.chosen) {  // a retransmission: the ACK was lost
    if (session.ack) {
      ++counters.retransmissions_sent;
      route_in_dialog(session, {.purpose = Purpose::ack, .owner = session.id, .message = *session.ack}, now);
    }
    return;
  }
  session.branches[*branch].dialog.confirm(response);
  if (session.phase != Phase::inviting) return hang_up_fork(session, *branch, cseq, now);

  session.chosen = *branch;
  session.phase = Phase::established;
  session.ring_until = TimePoint::max();
  if (!session.pinned || arrived.from != session.flow) follow(session, arrived.from);  // failover moved it
  if (is_websocket(session.flow.transport)) session.pinned = true;
  if (session.dialog().has_route() && session.flow.connection == 0) session.pinned = false;
  session.peer_updates = response.has_token("Allow", "UPDATE");
  learn_interval(session, response, now);

  auto sdp = sdp_of(response);
  if (session.branch().negotiated) sdp.reset();  // RFC 6337 §3.1.1: a copy of what is settled
  const bool is_offer = sdp && !session.we_offered && !session.branch().negotiated;
  const bool lacks_sdp = !sdp && !session.branch().negotiated;
  if (is_offer) session.ack_wanted = true;
  else acknowledge(session, cseq, std::nullopt, now);
  if (lacks_sdp) {
    send_bye(session, now);
    return end(session, EndReason::protocol, response.status, "No SDP in the answer", now);
  }
  session.we_offered = false;
  if (!is_offer) session.negotiated = true;
  outputs.push(Answered{session.id, std::move(sdp), is_offer, std::move(arrived.response)});
}

bool Stack::Core::ack_answer(Session& session, std::string sdp, TimePoint now) {
  if (session.phase != Phase::established || !session.ack_wanted) return false;
  session.local_sdp = sdp;
  session.negotiated = true;
  acknowledge(session, session.invite_sent.cseq.number, std::move(sdp), now);
  return true;
}

void Stack::Core::acknowledge(Session& session, std::uint32_t cseq, std::optional<std::string> sdp, TimePoint now) {
  Message ack = session.dialog().ack(cseq);
  for (const HeaderField& field : session.invite_sent.headers)  // RFC 3261 §22.1
    if (field.name == "Authorization" || field.name == "Proxy-Authorization") ack.headers.push_back(field);
  if (sdp) add_sdp(ack, std::move(*sdp));
  session.ack_wanted = false;
  session.ack = ack;
  route_in_dialog(session, {.purpose = Purpose::ack, .owner = session.id, .message = std::move(ack)}, now);
}

// Somebody else answered first, or nobody is left to talk: acknowledge, then hang up (§13.2.2.4).
void Stack::Core::hang_up_fork(Session& session, std::size_t branch, std::uint32_t cseq, TimePoint now) {
  Dialog& dialog = session.branches[branch].dialog;
  route_in_dialog(session, {.purpose = Purpose::ack, .owner = session.id, .message = dialog.ack(cseq)}, now);
  for (const std::string& tag : session.hung_up_forks)
    if (tag == dialog.remote_tag()) return;
  session.hung_up_forks.emplace_back(dialog.remote_tag());
  ++counters.late_forks;
  Message bye = dialog.request("BYE");
  if (!session.bye_reason.empty()) bye.add("Reason", session.bye_reason);
  send_in_dialog(session, Purpose::bye, std::move(bye), now);
}

void Stack::Core::on_invite_failure(Session& session, const ResponseArrived& arrived, TimePoint now) {
  if (session.phase != Phase::inviting) return;
  const Message& response = arrived.response;
  if (auto again = meet_challenge(session.digest.get(), arrived)) {
    session.invite_sent = std::move(*again);
    session.branches.clear();
    ++session.requests_pending;
    session.invite_client = layer.send({.purpose = Purpose::invite,
                                        .owner = session.id,
                                        .message = session.invite_sent,
                                        .flows = session.invite_flows,
                                        .challenges = arrived.request.challenges + 1},
                                       now);
    return;
  }
  if (response.status == 422) {
    const auto min_se = SessionExpires::parse(response.header("Min-SE").value_or(""));
    if (min_se && min_se->seconds > session.min_se) {
      session.min_se = min_se->seconds;
      ++session.invite_sent.cseq.number;
      session.branches.clear();
      offer_interval(session, session.invite_sent);
      return send_invite(session, now);
    }
  }
  const auto reason = arrived.source == ResponseArrived::Source::timeout     ? EndReason::timeout
                      : arrived.source == ResponseArrived::Source::transport ? EndReason::transport
                                                                             : EndReason::rejected;
  end(session, reason, response.status, response.reason, now);
}

}  // namespace parley::sip
