// Changing a session: re-INVITE and UPDATE, both ways, and their glare (RFC 3261 §14, RFC 3311).
#include "protocol/sip/core.hpp"

namespace parley::sip {

bool Stack::Core::offer(Session& session, std::string sdp, TimePoint now) {
  if (session.branches.empty() || session.local_request || session.remote_offer || session.retry) return false;
  if (!session.negotiated || session.unacked || session.ack_wanted) return false;
  const bool established = session.phase == Phase::established;
  if (!established && !session.peer_updates) return false;
  send_local_request(session, {.sdp = std::move(sdp), .update = !established}, now);
  return true;
}

void Stack::Core::send_local_request(Session& session, LocalRequest request, TimePoint now) {
  // An early dialog whose answer is settled is the one to update.
  Branch* branch = &session.branch();
  if (session.phase == Phase::inviting)
    for (Branch& each : session.branches)
      if (each.negotiated) branch = &each;
  Message message = branch->dialog.request(request.update ? "UPDATE" : "INVITE");
  add_capabilities(message);
  if (session.phase == Phase::established) offer_interval(session, message);
  if (!request.sdp.empty()) add_sdp(message, request.sdp);
  const Purpose purpose = request.update ? Purpose::update : Purpose::reinvite;
  session.local_request = std::move(request);
  send_in_dialog(session, purpose, std::move(message), now);
}

void Stack::Core::on_offer_response(Session& session, ResponseArrived arrived, TimePoint now) {
  Message& response = arrived.response;
  if (response.status < 200) return;
  const bool is_invite = arrived.request.purpose == Purpose::reinvite;
  if (response.status < 300) {
    session.dialog().refresh_target(response);
    if (is_invite) {  // each 2xx, retransmissions too
      Message ack = session.dialog().ack(response.cseq.number);
      if (session.digest) session.digest->authorize(ack);
      route_in_dialog(session, {.purpose = Purpose::ack, .owner = session.id, .message = std::move(ack)}, now);
    }
  }
  if (!session.local_request || session.phase == Phase::over) return;
  if (response.status >= 300 && answer_challenge(session, arrived, now)) return;
  const LocalRequest request = std::move(*session.local_request);
  session.local_request.reset();

  if (response.status < 300) {
    learn_interval(session, response, now);
    if (request.sdp.empty()) return;
    auto sdp = sdp_of(response);
    if (!sdp) {
      if (!request.refresh) outputs.push(OfferRefused{session.id, response.status, "No SDP in the answer"});
      return;
    }
    session.local_sdp = request.sdp;
    if (!request.refresh) outputs.push(AnswerReceived{session.id, std::move(*sdp)});
    return;
  }
  if (response.status == 491) {
    ++counters.glares;
    // RFC 3261 §14.1: whoever owns the Call-ID waits longer.
    const auto wait = session.incoming ? std::chrono::milliseconds{10 * static_cast<int>(random.below(201))}
                                       : std::chrono::milliseconds{2100 + 10 * static_cast<int>(random.below(191))};
    session.retry = OfferRetry{request, now + wait};
    return;
  }
  if (response.status == 422) {
    const auto min_se = SessionExpires::parse(response.header("Min-SE").value_or(""));
    if (min_se && min_se->seconds > session.min_se) {
      session.min_se = min_se->seconds;
      return send_local_request(session, request, now);
    }
  }
  if (session.phase == Phase::established && (response.status == 481 || response.status == 408)) {
    send_bye(session, now);
    return end(session, arrived.source == ResponseArrived::Source::peer ? EndReason::protocol : EndReason::timeout,
               response.status, response.reason, now);
  }
  if (!request.refresh) outputs.push(OfferRefused{session.id, response.status, response.reason});
}

void Stack::Core::retry_after_glare(Session& session, TimePoint now) {
  if (!session.retry || now < session.retry->at) return;
  if (session.remote_offer || session.local_request || session.unacked) {  // their turn is not over
    session.retry->at = now + 200ms;
    return;
  }
  const LocalRequest request = std::move(session.retry->request);
  session.retry.reset();
  send_local_request(session, request, now);
}

// RFC 3261 §14.2 and RFC 3311 §5.2: one offer at a time, in each direction.
bool Stack::Core::refuse_glare(Session& session, ServerId id, const Message& request, bool has_offer, TimePoint now) {
  const bool theirs_open = session.remote_offer || (session.invite && has_offer && !session.negotiated);
  if (theirs_open && (has_offer || request.method == "INVITE")) {
    Message response = session_response(session, request, 500);
    response.add("Retry-After", std::to_string(random.below(11)));
    layer.respond(id, response, now);
    return true;
  }
  // A 2xx of ours without its ACK counts as open, too (RFC 5407 §3.1.4).
  const bool ours_open =
      session.unacked ||
      (session.local_request && (request.method == "INVITE" || !session.local_request->sdp.empty())) ||
      session.ack_wanted || (session.we_offered && !session.negotiated);
  if (ours_open && (has_offer || request.method == "INVITE")) {
    ++counters.glares;
    layer.respond(id, session_response(session, request, 491), now);
    return true;
  }
  return false;
}

void Stack::Core::on_reinvite(Session& session, ServerId id, Message request, TimePoint now) {
  if (session.phase != Phase::established) return reply(id, request, 491, now);
  auto sdp = sdp_of(request);
  if (refuse_glare(session, id, request, sdp.has_value(), now)) return;
  if (refuse_short_interval(id, request, now)) return;
  session.dialog().refresh_target(request);
  layer.respond(id, make_response(request, 100, reason_phrase(100), {}), now);
  invites_.emplace(id, session.id);
  session.remote_offer = RemoteOffer{.via = OfferPath::reinvite, .server = id, .request = std::move(request)};
  outputs.push(OfferReceived{session.id, std::move(sdp), OfferPath::reinvite});
}

void Stack::Core::on_update(Session& session, ServerId id, Message request, TimePoint now) {
  auto sdp = sdp_of(request);
  if (refuse_glare(session, id, request, sdp.has_value(), now)) return;
  if (refuse_short_interval(id, request, now)) return;
  session.dialog().refresh_target(request);
  if (!sdp) {  // a session refresh
    Message response = session_response(session, request, 200);
    accept_interval(session, request, response, now);
    layer.respond(id, response, now);
    return;
  }
  session.remote_offer = RemoteOffer{.via = OfferPath::update, .server = id, .request = std::move(request)};
  outputs.push(OfferReceived{session.id, std::move(sdp), OfferPath::update});
}

bool Stack::Core::accept_offer(Session& session, std::string sdp, TimePoint now) {
  if (!session.remote_offer || session.phase == Phase::over) return false;
  const RemoteOffer remote = std::move(*session.remote_offer);
  session.remote_offer.reset();
  session.local_sdp = sdp;
  if (remote.via == OfferPath::provisional) {
    session.branches[remote.branch].negotiated = true;
    session.negotiated = true;
    send_prack(session, remote.branch, remote.request, std::move(sdp), now);
    return true;
  }
  invites_.erase(remote.server);
  if (!layer.open(remote.server)) return false;  // the user took too long: 500 went out
  Message response = session_response(session, remote.request, 200);
  if (remote.via != OfferPath::prack) accept_interval(session, remote.request, response, now);
  add_sdp(response, std::move(sdp));
  if (remote.via == OfferPath::reinvite)
    send_success(session, remote.server, std::move(response), !sdp_of(remote.request), false, now);
  else layer.respond(remote.server, response, now);
  if (session.deferred_answer) {
    std::string deferred = std::move(*session.deferred_answer);
    session.deferred_answer.reset();
    answer(session, std::move(deferred), now);
  }
  return true;
}

bool Stack::Core::refuse_offer(Session& session, int status, std::string reason, TimePoint now) {
  if (!session.remote_offer || session.phase == Phase::over || status < 300) return false;
  const RemoteOffer remote = std::move(*session.remote_offer);
  session.remote_offer.reset();
  if (remote.via == OfferPath::provisional) {  // an offer in an 18x can only be answered or left
    request_cancel(session, now);
    end(session, EndReason::local, status, std::move(reason), now);
    return true;
  }
  invites_.erase(remote.server);
  return layer.respond(remote.server, session_response(session, remote.request, status, reason), now);
}

}  // namespace parley::sip
