// Reliable provisional responses (RFC 3262): ours with their PRACKs, theirs with ours.
#include "protocol/sip/core.hpp"

namespace parley::sip {

namespace {
// One in flight and a few behind it; a user that rings more often than this loses the rest.
constexpr std::size_t max_waiting = 4;
}  // namespace

void Stack::Core::send_reliable(Session& session, Message response, bool carries_sdp, TimePoint now) {
  if (session.rseq == 0) session.rseq = static_cast<std::uint32_t>(random.below(1u << 30));
  ReliableProvisional provisional{.rseq = ++session.rseq, .response = std::move(response), .carries_sdp = carries_sdp};
  provisional.response.add("Require", "100rel");
  provisional.response.add("RSeq", std::to_string(provisional.rseq));
  if (!session.provisional) transmit_reliable(session, std::move(provisional), now);
  else if (session.provisionals_waiting.size() < max_waiting)
    session.provisionals_waiting.push_back(std::move(provisional));
  else --session.rseq;
}

void Stack::Core::transmit_reliable(Session& session, ReliableProvisional provisional, TimePoint now) {
  provisional.interval = config.timers.t1;
  provisional.resend_at = now + config.timers.t1;
  provisional.give_up_at = now + config.timers.give_up();
  layer.respond(session.invite->server, provisional.response, now);
  session.provisional = std::move(provisional);
}

void Stack::Core::advance_provisional(Session& session, TimePoint now) {
  if (session.phase != Phase::incoming) return;
  if (now >= session.repeat_provisional_at && session.last_provisional && session.invite) {
    layer.respond(session.invite->server, *session.last_provisional, now);
    session.repeat_provisional_at = now + 60s;
  }
  if (!session.provisional || !session.invite) return;
  ReliableProvisional& provisional = *session.provisional;
  if (now >= provisional.give_up_at) {  // RFC 3262 §3: a 5xx
    layer.respond(session.invite->server, session_response(session, session.invite->request, 504), now);
    invites_.erase(session.invite->server);
    session.invite.reset();
    return end(session, EndReason::protocol, 504, "No PRACK", now);
  }
  while (now >= provisional.resend_at) {
    ++counters.retransmissions_sent;
    layer.respond(session.invite->server, provisional.response, now);
    provisional.interval *= 2;
    provisional.resend_at += provisional.interval;
  }
}

void Stack::Core::on_prack(Session& session, ServerId id, const Message& request, TimePoint now) {
  const auto rack = RAck::parse(request.header("RAck").value_or(""));
  if (!rack) return reply(id, request, 400, now, {}, "Bad RAck");
  if (!session.provisional || !session.invite || session.provisional->rseq != rack->rseq ||
      session.invite->request.cseq != rack->cseq)
    return reply(id, request, 481, now);
  session.provisional.reset();
  auto sdp = sdp_of(request);
  if (session.prack_wants_answer) {
    if (!sdp) {
      layer.respond(id, session_response(session, request, 488), now);
      return;
    }
    session.prack_wants_answer = false;
    session.we_offered = false;
    session.negotiated = true;
    layer.respond(id, session_response(session, request, 200), now);
    outputs.push(AnswerReceived{session.id, std::move(*sdp)});
  } else if (sdp) {
    session.remote_offer = RemoteOffer{.via = OfferPath::prack, .server = id, .request = request};
    outputs.push(OfferReceived{session.id, std::move(sdp), OfferPath::prack});
  } else {
    layer.respond(id, session_response(session, request, 200), now);
  }
  if (!session.provisionals_waiting.empty()) {
    ReliableProvisional next = std::move(session.provisionals_waiting.front());
    session.provisionals_waiting.pop_front();
    transmit_reliable(session, std::move(next), now);
  }
  if (session.deferred_answer && !session.remote_offer) {
    std::string deferred = std::move(*session.deferred_answer);
    session.deferred_answer.reset();
    answer(session, std::move(deferred), now);
  }
}

// False for one that was seen or that overtook another: not acknowledged, not told (RFC 3262 §4).
bool Stack::Core::take_reliable(Session& session, std::size_t index, const Message& response, TimePoint now) {
  Branch& branch = session.branches[index];
  const auto rseq = parse_u32(response.header("RSeq").value_or(""));
  if (!rseq || (branch.last_rseq && *rseq != *branch.last_rseq + 1)) return false;
  branch.last_rseq = *rseq;
  auto sdp = sdp_of(response);
  if (sdp && !session.we_offered && !branch.negotiated &&
      !session.remote_offer) {  // the user's answer goes into the PRACK
    session.remote_offer = RemoteOffer{.via = OfferPath::provisional, .request = response, .branch = index};
    outputs.push(OfferReceived{session.id, std::move(sdp), OfferPath::provisional});
    return true;
  }
  if (sdp && session.we_offered) {
    branch.negotiated = true;
    session.negotiated = true;
  }
  send_prack(session, index, response, std::nullopt, now);
  return true;
}

void Stack::Core::send_prack(Session& session, std::size_t index, const Message& response,
                             std::optional<std::string> sdp, TimePoint now) {
  Message prack = session.branches[index].dialog.request("PRACK");
  prack.add("RAck", std::string{response.header("RSeq").value_or("")} + " " + std::to_string(response.cseq.number) +
                        " " + response.cseq.method);
  if (sdp) add_sdp(prack, std::move(*sdp));
  send_in_dialog(session, Purpose::prack, std::move(prack), now);
}

void Stack::Core::on_prack_response(Session& session, const ResponseArrived& arrived, TimePoint now) {
  // Without its PRACK the far end gives the call up by itself; only a refused answer ends it here.
  if (arrived.response.status < 300 || arrived.request.message.body.empty() || session.phase != Phase::inviting) return;
  request_cancel(session, now);
  end(session, EndReason::protocol, arrived.response.status, arrived.response.reason, now);
}

}  // namespace parley::sip
