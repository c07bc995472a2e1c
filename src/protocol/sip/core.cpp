// Which procedure a message, a response or a timer belongs to.
#include "protocol/sip/core.hpp"

#include <algorithm>

#include "base/overloaded.hpp"
#include "protocol/sip/ids.hpp"

namespace parley::sip {

Stack::Core::Core(Config given, Random source)
    : config{std::move(given)}, random{std::move(source)}, layer{config, random, counters} {
  supported_.methods = {"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO", "REFER", "NOTIFY"};
  for (const std::string& method : config.delivered_methods)
    if (std::ranges::find(supported_.methods, method) == supported_.methods.end()) supported_.methods.push_back(method);
  supported_.options = {"100rel", "timer", "replaces", "norefersub", "path", "outbound"};
  supported_.bodies = {
      "application/sdp", "multipart/mixed", "multipart/alternative", "application/dtmf-relay", "application/dtmf",
      "message/sipfrag", "text/plain"};
}

void Stack::Core::receive(const Flow& from, std::string_view text, TimePoint now) {
  auto message = parse(text);
  if (message) return layer.receive(from, std::move(*message), now);
  ++counters.parsed_bad;
  const ParseFailure& failure = message.error();
  const auto rejection = check(failure);
  if (!rejection) return;
  // No transaction for what nobody can be sure to be one: the answer goes back by the way it came.
  layer.send_stateless(from, make_response(failure, *rejection, make_tag(config.worker, random)));
}

void Stack::Core::settle(TimePoint now) {
  while (auto output = layer.poll()) {
    std::visit(
        Overloaded{
            [&](Send& send) { outputs.push(std::move(send)); },
            [&](Resolve& resolve) { outputs.push(std::move(resolve)); },
            [&](TransactionLayer::RequestArrived& arrived) {
              on_request(arrived.id, std::move(arrived.request), arrived.from, now);
            },
            [&](TransactionLayer::AckArrived& arrived) { on_ack(arrived.ack, now); },
            [&](TransactionLayer::CancelArrived& arrived) { on_cancel(arrived.invite, arrived.reason_header, now); },
            [&](ResponseArrived& arrived) { on_response(std::move(arrived), now); },
            [&](TransactionLayer::ClientEnded& ended) { request_ended(ended.purpose, ended.owner); },
        },
        *output);
  }
  sweep(now);
}

void Stack::Core::on_request(ServerId id, Message request, const Flow& from, TimePoint now) {
  if (const auto rejection = check(request, supported_)) {
    layer.respond(id, make_response(request, *rejection, make_tag(config.worker, random)), now);
    return;
  }
  if (request.to.tag().empty()) {
    if (request.method == "INVITE") return on_invite(id, std::move(request), from, now);
    return on_outside(id, std::move(request), from, now);
  }
  Session* session = session_of(request);
  if (!session) {
    ++counters.unknown_dialogs;
    return reply(id, request, 481, now);
  }
  on_dialog_request(*session, id, std::move(request), from, now);
}

// By Call-ID, our tag and theirs: an INVITE of ours may have several of theirs.
Session* Stack::Core::session_of(const Message& request) {
  const auto found = dialogs_.find(dialog_key(request.call_id, request.to.tag()));
  if (found == dialogs_.end()) return nullptr;
  Session* session = touch(found->second);
  if (!session) return nullptr;
  const std::string_view tag = request.from.tag();
  if (session->phase == Phase::established) return session->dialog().remote_tag() == tag ? session : nullptr;
  for (const Branch& branch : session->branches)
    if (branch.dialog.remote_tag() == tag) return session;
  // The BYE may overtake the 2xx that would have made its dialog known.
  return !session->incoming && session->branches.empty() && request.method == "BYE" ? session : nullptr;
}

void Stack::Core::on_dialog_request(Session& session, ServerId id, Message request, const Flow& from, TimePoint now) {
  const std::string_view tag = request.from.tag();
  for (Branch& branch : session.branches) {
    if (branch.dialog.remote_tag() != tag) continue;
    if (!branch.dialog.accept_cseq(request.cseq.number)) return reply(id, request, 500, now, {}, "CSeq out of order");
  }
  if (session.pinned && session.flow != from) {  // a new NAT binding or a new connection
    follow(session, from);
    session.flow_lost = false;
  }
  const std::string& method = request.method;
  if (method == "BYE") return on_bye(session, id, request, now);
  if (session.phase == Phase::over) {
    ++counters.unknown_dialogs;
    return reply(id, request, 481, now);
  }
  if (method == "INVITE") return on_reinvite(session, id, std::move(request), now);
  if (method == "UPDATE") return on_update(session, id, std::move(request), now);
  if (method == "PRACK") return on_prack(session, id, request, now);
  if (method == "INFO") return on_info(session, id, request, now);
  if (method == "REFER") return on_refer(session, id, std::move(request), now);
  if (method == "NOTIFY") return on_notify(session, id, request, now);
  if (method == "OPTIONS") {
    Message response = session_response(session, request, 200);
    add_capabilities(response);
    layer.respond(id, response, now);
    return;
  }
  reply(id, request, 405, now);
}

void Stack::Core::on_response(ResponseArrived arrived, TimePoint now) {
  switch (arrived.request.purpose) {
    case Purpose::outside: return on_outside_response(std::move(arrived), now);
    case Purpose::register_: {
      const auto found = registrations_.find(arrived.request.owner);
      if (found != registrations_.end()) on_register_response(found->second, arrived, now);
      return;
    }
    default: break;
  }
  if (Session* session = touch(arrived.request.owner)) on_session_response(*session, std::move(arrived), now);
}

void Stack::Core::on_session_response(Session& session, ResponseArrived arrived, TimePoint now) {
  // Where a connection broke under a pinned way, the dialog's own route may still lead there.
  const bool lost = arrived.source == ResponseArrived::Source::transport;
  if (lost && session.pinned && session.phase != Phase::inviting && !is_websocket(session.flow.transport) &&
      arrived.request.purpose != Purpose::invite) {
    session.pinned = false;
    return route_in_dialog(session, std::move(arrived.request), now);
  }
  switch (arrived.request.purpose) {
    case Purpose::invite: return on_invite_response(session, std::move(arrived), now);
    case Purpose::reinvite:
    case Purpose::update: return on_offer_response(session, std::move(arrived), now);
    case Purpose::prack:
      if (arrived.response.status >= 300 && answer_challenge(session, arrived, now)) return;
      return on_prack_response(session, arrived, now);
    case Purpose::refer: return on_refer_response(session, arrived, now);
    case Purpose::notify:
      if (arrived.response.status >= 300 && !answer_challenge(session, arrived, now)) session.refer_accepted = false;
      return;
    case Purpose::bye:
    case Purpose::info:
      if (arrived.response.status >= 300) answer_challenge(session, arrived, now);
      return;
    default: return;
  }
}

bool Stack::Core::answer_challenge(Session& session, const ResponseArrived& arrived, TimePoint now) {
  auto again = meet_challenge(session.digest.get(), arrived);
  if (!again) return false;
  for (Branch& branch : session.branches) {
    if (branch.dialog.remote_tag() != again->to.tag()) continue;
    again->cseq.number = branch.dialog.local_cseq() + 1;
    branch.dialog.set_local_cseq(again->cseq.number);
  }
  route_in_dialog(session,
                  {.purpose = arrived.request.purpose,
                   .owner = session.id,
                   .message = std::move(*again),
                   .challenges = arrived.request.challenges + 1},
                  now);
  return true;
}

void Stack::Core::request_ended(Purpose purpose, std::uint64_t owner) {
  if (purpose == Purpose::outside || purpose == Purpose::register_) return;
  if (Session* session = touch(owner); session && session->requests_pending > 0) --session->requests_pending;
}

void Stack::Core::connection_lost(std::uint64_t connection, TimePoint now) {
  layer.connection_lost(connection, now);
  const auto users = by_connection_.find(connection);
  if (users == by_connection_.end()) return;
  const std::vector<SessionId> ids(users->second.begin(), users->second.end());
  by_connection_.erase(users);
  for (const SessionId id : ids) {
    Session* session = live(id);
    if (!session || session->flow.connection != connection || session->flow_lost) continue;
    if (!is_websocket(session->flow.transport)) {  // a new one can be opened to where they listen
      session->pinned = false;
      continue;
    }
    session->flow_lost = true;
    if (session->phase == Phase::established) {
      outputs.push(FlowLost{id});
      continue;
    }
    if (session->invite) {
      invites_.erase(session->invite->server);
      session->invite.reset();
    }
    end(*session, EndReason::transport, 0, "Connection lost", now);
  }
}

void Stack::Core::advance(TimePoint now) {
  layer.advance(now);
  while (const auto id = timers_.take_due(now)) {
    if (Session* session = touch(*id)) advance_session(*session, now);
    else if (const auto found = registrations_.find(*id); found != registrations_.end())
      advance_registration(found->second, now);
  }
}

void Stack::Core::advance_session(Session& session, TimePoint now) {
  advance_provisional(session, now);
  advance_unacked(session, now);
  advance_interval(session, now);
  retry_after_glare(session, now);
  if (now >= session.ring_until) {
    request_cancel(session, now);
    end(session, EndReason::timeout, 408, "No answer", now);
  }
  if (now >= session.cancel_given_up_at) {
    session.cancel_given_up_at = TimePoint::max();
    layer.abandon(session.invite_client);
  }
}

TimePoint Stack::Core::deadline_of(const Session& session) const {
  TimePoint at = std::min({session.ring_until, session.cancel_given_up_at, session.repeat_provisional_at,
                           session.interval.refresh_at, session.interval.expire_at});
  if (session.provisional) at = std::min({at, session.provisional->resend_at, session.provisional->give_up_at});
  if (session.unacked) at = std::min({at, session.unacked->resend_at, session.unacked->give_up_at});
  if (session.retry) at = std::min(at, session.retry->at);
  return at;
}

Session& Stack::Core::create_session(bool incoming, std::string call_id, std::string local_tag) {
  const SessionId id = ++last_id_;
  Session& session = sessions_[id];
  session.id = id;
  session.incoming = incoming;
  session.call_id = std::move(call_id);
  session.local_tag = std::move(local_tag);
  dialogs_.emplace(dialog_key(session.call_id, session.local_tag), id);
  ++live_sessions;
  touched_.push_back(id);
  return session;
}

void Stack::Core::follow(Session& session, const Flow& flow) {
  forget_connection(session);
  session.flow = flow;
  if (flow.connection != 0) by_connection_[flow.connection].insert(session.id);
}

void Stack::Core::forget_connection(const Session& session) {
  const auto users = by_connection_.find(session.flow.connection);
  if (users == by_connection_.end()) return;
  users->second.erase(session.id);
  if (users->second.empty()) by_connection_.erase(users);
}

Session* Stack::Core::touch(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return nullptr;
  touched_.push_back(id);
  return &found->second;
}

Session* Stack::Core::live(SessionId id) {
  Session* session = touch(id);
  return session && session->phase != Phase::over ? session : nullptr;
}

std::optional<SessionId> Stack::Core::find(const Replaces& replaces) const {
  const auto found = dialogs_.find(dialog_key(replaces.call_id, replaces.to_tag));
  if (found == dialogs_.end()) return std::nullopt;
  const Session& session = sessions_.at(found->second);
  if (session.phase == Phase::over) return std::nullopt;
  if (session.branches.empty() || session.branches[session.chosen].dialog.remote_tag() != replaces.from_tag)
    return std::nullopt;
  if (replaces.early_only && session.phase == Phase::established) return std::nullopt;
  return session.id;
}

void Stack::Core::sweep(TimePoint) {
  for (const SessionId id : touched_) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) continue;
    Session& session = found->second;
    if (session.phase != Phase::over || session.requests_pending > 0 || session.unacked) {
      timers_.set(id, deadline_of(session));
      continue;
    }
    timers_.set(id, TimePoint::max());
    dialogs_.erase(dialog_key(session.call_id, session.local_tag));
    forget_connection(session);
    sessions_.erase(found);
  }
  touched_.clear();
}

}  // namespace parley::sip
