#include "legs/webrtc/webrtc_leg.hpp"

namespace parley::legs {

void WebRtcLeg::answer() {
  answered_ = true;
  gate_open_ = true;
}

void WebRtcLeg::hang_up(call::EndCause) {
  over_ = true;
  peer_->close(now_);
}

void WebRtcLeg::receive(TimePoint now) {
  now_ = now;
  if (over_) return;
  peer_->media().receive(now);
  if (answered_ && !established_ && peer_->connected()) {
    established_ = true;
    listener_->on_leg_answered();
  }
  const bool held = peer_->negotiated().direction == sdp::Direction::inactive;
  if (std::exchange(held_, held) != held) listener_->on_leg_held(held);
  while (const auto key = peer_->media().poll_dtmf()) listener_->on_leg_dtmf(*key);
}

void WebRtcLeg::write(const audio::Frame* frame) {
  if (gate_open_) peer_->write(frame, now_);
}

void WebRtcLeg::finish_tick(TimePoint now) {
  if (over_) return;
  peer_->finish_tick(gate_open_, now);
  const auto& ended = peer_->ended();
  if (!ended) return;
  switch (ended->reason) {
    case WebRtcTransport::EndReason::closed:
      if (now - ended->at >= resume_within_) end(call::EndCause::caller_hangup);
      return;
    case WebRtcTransport::EndReason::consent: return end(call::EndCause::media_timeout);
    case WebRtcTransport::EndReason::not_connected:
    case WebRtcTransport::EndReason::fingerprint:
    case WebRtcTransport::EndReason::handshake: return end(call::EndCause::failed);
  }
}

void WebRtcLeg::end(call::EndCause cause) {
  hang_up(cause);
  listener_->on_leg_ended(cause, 0);
}

}  // namespace parley::legs
