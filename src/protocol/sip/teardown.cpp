// Ends: BYE, CANCEL, refusals, and what is left to do after Ended (RFC 3261 §9.1, §15).
#include "protocol/sip/core.hpp"

namespace parley::sip {

// Ended goes out once. The session stays until its last transaction is over, to acknowledge late
// answers and to hang up on them.
void Stack::Core::end(Session& session, EndReason reason, int status, std::string text, TimePoint now) {
  if (session.phase == Phase::over) return;
  session.phase = Phase::over;
  --live_sessions;
  if (session.remote_offer && session.remote_offer->server != 0) {
    invites_.erase(session.remote_offer->server);
    layer.respond(session.remote_offer->server, session_response(session, session.remote_offer->request, 487), now);
  }
  if (session.refer_received)
    layer.respond(session.refer_received->server, session_response(session, session.refer_received->request, 487), now);
  session.remote_offer.reset();
  session.refer_received.reset();
  // A re-INVITE has no timer of its own once a provisional response has come: a far end that never
  // sends the final one would keep the transaction, and with it the session, for ever.
  if (session.local_request && !session.local_request->update)
    session.cancel_given_up_at = now + config.timers.give_up();
  session.local_request.reset();
  session.retry.reset();
  session.provisional.reset();
  session.provisionals_waiting.clear();
  session.last_provisional.reset();
  session.deferred_answer.reset();
  session.repeat_provisional_at = TimePoint::max();
  session.ring_until = TimePoint::max();
  session.interval = {};
  outputs.push(Ended{session.id, reason, status, std::move(text)});
}

bool Stack::Core::reject(Session& session, Reply answer, TimePoint now) {
  if (session.phase != Phase::incoming || !session.invite || answer.status < 300) return false;
  Message response = session_response(session, session.invite->request, answer.status, answer.reason);
  for (HeaderField& field : answer.headers) response.headers.push_back(std::move(field));
  response.body = std::move(answer.body);
  layer.respond(session.invite->server, response, now);
  invites_.erase(session.invite->server);
  session.invite.reset();
  end(session, EndReason::local, answer.status, response.reason, now);
  return true;
}

bool Stack::Core::bye(Session& session, std::string reason_header, TimePoint now) {
  session.bye_reason = std::move(reason_header);
  switch (session.phase) {
    case Phase::over: return false;
    case Phase::incoming: {
      Reply unavailable{.status = 480};
      if (!session.bye_reason.empty()) unavailable.headers.push_back({"Reason", session.bye_reason});
      return reject(session, std::move(unavailable), now);
    }
    case Phase::inviting: request_cancel(session, now); break;
    case Phase::established:
      // RFC 3261 §15: the callee waits for the ACK; without an answer to give, the caller's is empty.
      if (session.unacked) session.bye_after_ack = true;
      else send_bye(session, now);
      break;
  }
  end(session, EndReason::local, 0, {}, now);
  return true;
}

void Stack::Core::send_bye(Session& session, TimePoint now) {
  if (session.branches.empty()) return;
  session.bye_after_ack = false;
  if (session.ack_wanted) acknowledge(session, session.invite_sent.cseq.number, std::nullopt, now);
  Message request = session.dialog().request("BYE");
  if (!session.bye_reason.empty()) request.add("Reason", session.bye_reason);
  send_in_dialog(session, Purpose::bye, std::move(request), now);
}

void Stack::Core::request_cancel(Session& session, TimePoint now) {
  session.cancel_wanted = true;
  if (layer.withdraw(session.invite_client)) return;  // its destination was still sought
  if (layer.cancel(session.invite_client, session.bye_reason, now))
    session.cancel_given_up_at = now + config.timers.give_up();
  // else: with the first provisional response, RFC 3261 §9.1
}

void Stack::Core::on_bye(Session& session, ServerId id, const Message& request, TimePoint now) {
  layer.respond(id, session_response(session, request, 200), now);
  const std::string reason{request.header("Reason").value_or("")};
  if (session.phase == Phase::incoming && session.invite) {  // a caller may hang up an early dialog
    layer.respond(session.invite->server, session_response(session, session.invite->request, 487), now);
    invites_.erase(session.invite->server);
    session.invite.reset();
  }
  if (session.phase == Phase::inviting) request_cancel(session, now);  // it overtook its own 2xx
  session.unacked.reset();
  end(session, EndReason::bye, sip_cause(reason), reason, now);
}

}  // namespace parley::sip
