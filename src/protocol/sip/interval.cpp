// Session timers (RFC 4028), both roles: whoever refreshes does so at half time, the other hangs up
// when the refresh does not come.
#include "protocol/sip/core.hpp"

namespace parley::sip {

bool Stack::Core::refuse_short_interval(ServerId id, const Message& request, TimePoint now) {
  const auto header = request.header("Session-Expires");
  if (!header || !config.session_timer.enabled) return false;
  const auto asked = SessionExpires::parse(*header);
  if (!asked) {
    reply(id, request, 400, now, {}, "Bad Session-Expires");
    return true;
  }
  // Without `timer` in Supported it was a proxy's wish, and the caller would not understand a 422.
  const auto least = static_cast<std::uint32_t>(config.session_timer.min_se.count());
  if (asked->seconds >= least || !request.has_token("Supported", "timer")) return false;
  reply(id, request, 422, now, {{"Min-SE", std::to_string(least)}});
  return true;
}

void Stack::Core::offer_interval(const Session& session, Message& request) const {
  if (!config.session_timer.enabled) return;
  const auto least = std::max(session.min_se, static_cast<std::uint32_t>(config.session_timer.min_se.count()));
  SessionExpires wish{.seconds = std::max(least, static_cast<std::uint32_t>(config.session_timer.expires.count()))};
  if (session.interval.expires.count() != 0) {  // a refresh keeps the roles: we send it as UAC
    wish.seconds = std::max(least, static_cast<std::uint32_t>(session.interval.expires.count()));
    wish.refresher = session.interval.we_refresh ? "uac" : "uas";
  }
  request.set("Session-Expires", wish.to_string());
  request.set("Min-SE", std::to_string(least));
}

// As UAS of an INVITE or UPDATE (§9).
void Stack::Core::accept_interval(Session& session, const Message& request, Message& response, TimePoint now) {
  if (!config.session_timer.enabled) return;
  const bool understands = request.has_token("Supported", "timer");
  const auto asked = SessionExpires::parse(request.header("Session-Expires").value_or(""));
  if (!asked && !understands) return;
  const auto ours = static_cast<std::uint32_t>(config.session_timer.expires.count());
  SessionExpires granted{.seconds = asked ? std::min(asked->seconds, ours) : ours};
  if (const auto least = SessionExpires::parse(request.header("Min-SE").value_or("")))
    granted.seconds = std::max(granted.seconds, least->seconds);
  granted.seconds = std::max(granted.seconds, static_cast<std::uint32_t>(config.session_timer.min_se.count()));
  granted.refresher = !understands ? "uas" : asked && !asked->refresher.empty() ? asked->refresher : "uac";
  response.set("Session-Expires", granted.to_string());
  if (understands) response.add("Require", "timer");
  start_interval(session, std::chrono::seconds{granted.seconds}, granted.refresher == "uas", now);
}

// As UAC, from a 2xx (§7.2).
void Stack::Core::learn_interval(Session& session, const Message& response, TimePoint now) {
  if (!config.session_timer.enabled) return;
  const auto granted = SessionExpires::parse(response.header("Session-Expires").value_or(""));
  if (!granted || granted->seconds == 0) {
    session.interval = {};  // the far end does not keep time
    return;
  }
  start_interval(session, std::chrono::seconds{granted->seconds}, granted->refresher != "uas", now);
}

void Stack::Core::start_interval(Session& session, std::chrono::seconds expires, bool we_refresh, TimePoint now) {
  session.interval.expires = expires;
  session.interval.we_refresh = we_refresh;
  // §10: BYE a little before the end, so that it comes before the proxies forget the call.
  session.interval.expire_at = now + expires - (we_refresh ? 0s : std::min<std::chrono::seconds>(32s, expires / 3));
  session.interval.refresh_at = we_refresh ? now + expires / 2 : TimePoint::max();
}

void Stack::Core::advance_interval(Session& session, TimePoint now) {
  if (session.phase != Phase::established) return;
  if (now >= session.interval.expire_at) {
    session.bye_reason = "SIP ;cause=408 ;text=\"Session timer expired\"";
    if (session.unacked) session.bye_after_ack = true;
    else send_bye(session, now);
    return end(session, EndReason::session_expired, 408, "Session timer expired", now);
  }
  if (now < session.interval.refresh_at) return;
  session.interval.refresh_at = TimePoint::max();
  if (session.local_request || session.remote_offer || session.unacked || session.ack_wanted || session.retry) {
    session.interval.refresh_at = now + 5s;  // what is under way may refresh it, too
    return;
  }
  send_local_request(session,
                     {.sdp = session.peer_updates ? std::string{} : session.local_sdp,
                      .refresh = true,
                      .update = session.peer_updates},
                     now);
}

}  // namespace parley::sip
