#include "legs/sip/sip_leg.hpp"

#include "base/log.hpp"
#include "legs/sip/user_agent.hpp"

namespace parley::legs {
namespace {

call::EndCause cause_of(sip::EndReason reason, int status) {
  switch (reason) {
    case sip::EndReason::bye: return call::EndCause::caller_hangup;
    case sip::EndReason::cancel: return call::EndCause::cancelled;
    case sip::EndReason::timeout: return call::EndCause::no_answer;
    case sip::EndReason::replaced: return call::EndCause::transferred;
    case sip::EndReason::rejected:
      if (status == 486 || status == 600) return call::EndCause::busy;
      if (status == 408 || status == 480 || status == 487) return call::EndCause::no_answer;
      return call::EndCause::rejected;
    case sip::EndReason::transport:
    case sip::EndReason::session_expired:
    case sip::EndReason::protocol:
    case sip::EndReason::local: return call::EndCause::failed;
  }
  return call::EndCause::failed;
}

/// For the Reason header (RFC 3326), where the cause says more than "over".
std::string reason_header(call::EndCause cause) {
  switch (cause) {
    case call::EndCause::media_timeout: return "SIP;cause=408;text=\"RTP timeout\"";
    case call::EndCause::drained: return "SIP;cause=503;text=\"Shutting down\"";
    case call::EndCause::limit: return "SIP;cause=480;text=\"Call duration limit\"";
    default: return {};
  }
}

}  // namespace

SipLeg::SipLeg(UserAgent& agent, Options options, std::unique_ptr<SipMedia> media)
    : agent_{agent}, options_{std::move(options)}, media_{std::move(media)} {
  agent_.attach(options_.session, *this);
}

SipLeg::~SipLeg() {
  media_->close(agent_.now());
  agent_.count(media_->refused());
  agent_.detach(options_.session);
}

Result<void, SdpRefusal> SipLeg::take_offer(std::string_view sdp) { return media_->take_offer(sdp, agent_.now()); }

std::string SipLeg::make_offer() {
  offered_ = true;
  return media_->make_offer();
}

void SipLeg::tell_hold() {
  if (listener_) listener_->on_leg_held(media_->held());
}

void SipLeg::ring() { agent_.ring(options_.session); }

void SipLeg::answer() {
  answered_ = true;
  agent_.answer(options_.session, configured() ? media_->local() : make_offer());
}

void SipLeg::hang_up(call::EndCause cause) { hang_up(reason_header(cause)); }

// RFC 3326 §1: a telephone that rang for all of them does not list this as a missed call.
void SipLeg::hang_up_answered_elsewhere() { hang_up("SIP;cause=200;text=\"Call completed elsewhere\""); }

void SipLeg::hang_up(std::string reason_header) {
  if (over_) return;
  over_ = true;
  agent_.hang_up(options_.session, answered_ || options_.outbound ? sip::Reply{} : sip::Reply{.status = 480},
                 std::move(reason_header));
}

void SipLeg::fail(call::EndCause cause) {
  if (over_) return;
  hang_up(cause);
  listener_->on_leg_ended(cause, 0);
}

void SipLeg::receive(TimePoint now) {
  now_ = now;
  if (over_) return;
  media_->receive(now);
  // Audio before the ACK: it was lost, and the caller hears us already.
  if (answered_ && !established_ && media_->rtp().heard_anything()) confirmed_ = true;
  establish_when_ready();
  while (const auto key = media_->rtp().poll_dtmf()) listener_->on_leg_dtmf(*key);
}

void SipLeg::finish_tick(TimePoint now) {
  if (over_) return;
  media_->finish_tick(now);
  if (const auto cause = media_->ended()) return fail(*cause);
  if (established_ && media_->rtp().expired(now)) {
    log::warn("media stopped session={}", options_.session);
    fail(call::EndCause::media_timeout);
  }
}

void SipLeg::confirmed() {
  confirmed_ = true;
  establish_when_ready();
}

void SipLeg::establish_when_ready() {
  if (!confirmed_ || established_ || !configured() || !media_->ready()) return;
  established_ = true;
  listener_->on_leg_answered();
}

bool SipLeg::take_answer(const std::string& sdp) {
  const auto taken = media_->take_answer(sdp, agent_.now());
  if (!taken) {
    log::warn("answer refused session={} reason=\"{}\"", options_.session, taken.error().reason);
    return false;
  }
  tell_hold();
  return true;
}

void SipLeg::on_progress(int status, const std::optional<std::string>& sdp) {
  if (sdp && !take_answer(*sdp)) return fail(call::EndCause::failed);
  if (status >= 180) listener_->on_leg_ringing();
}

void SipLeg::on_answered(const std::optional<std::string>& sdp) {
  answered_ = true;
  if (sdp && !take_answer(*sdp)) return fail(call::EndCause::failed);
  if (!configured()) return fail(call::EndCause::failed);
  confirmed();
}

void SipLeg::on_acknowledged(const std::optional<std::string>& answer) {
  if (answer && !take_answer(*answer)) return fail(call::EndCause::failed);
  if (!configured()) return fail(call::EndCause::failed);
  confirmed();
}

void SipLeg::on_offer(const std::optional<std::string>& sdp) {
  if (!sdp) return agent_.accept_offer(options_.session, media_->make_offer());
  const auto taken = media_->take_offer(*sdp, agent_.now());
  if (!taken) return agent_.refuse_offer(options_.session, taken.error().reason);
  agent_.accept_offer(options_.session, media_->local());
  tell_hold();
}

void SipLeg::on_answer(const std::string& sdp) {
  if (!take_answer(sdp)) fail(call::EndCause::failed);
}

void SipLeg::on_dtmf(char digit) { listener_->on_leg_dtmf(digit); }

void SipLeg::on_ended(sip::EndReason reason, int status) {
  if (over_) return;
  over_ = true;
  listener_->on_leg_ended(cause_of(reason, status), status);
}

}  // namespace parley::legs
