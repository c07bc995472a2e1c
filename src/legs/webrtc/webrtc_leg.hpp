// One browser, or another WebRTC peer, that called over HTTP.
#pragma once

#include <memory>
#include <utility>

#include "call/leg.hpp"
#include "legs/webrtc/peer_connection.hpp"

namespace parley::legs {

/// Owned by its call.
class WebRtcLeg final : public call::Leg {
 public:
  /// How long a call waits for its browser after the browser said goodbye: a page that is loaded again comes back
  /// with its session.
  static constexpr Duration resume_within = 30s;

  WebRtcLeg(std::unique_ptr<PeerConnection> peer, TimePoint now, Duration resume_within = WebRtcLeg::resume_within)
      : peer_{std::move(peer)}, resume_within_{resume_within}, now_{now} {}

  bool over() const { return over_; }
  const ice::Credentials& credentials() const { return peer_->credentials(); }

  // call::Leg
  std::string_view channel() const override { return "webrtc"; }
  void listen(call::LegListener& listener) override { listener_ = &listener; }
  void ring() override {}
  void answer() override;
  void hang_up(call::EndCause cause) override;
  void send_dtmf(std::string_view digits) override { peer_->media().send_dtmf(digits); }
  void receive(TimePoint now) override;
  void finish_tick(TimePoint now) override;
  bool read(audio::Frame& frame) override { return peer_->media().read(frame, now_); }
  void write(const audio::Frame* frame) override;
  /// A browser's own jitter buffer and output device.
  std::chrono::milliseconds heard_delay() const override { return std::chrono::milliseconds{80}; }
  call::LegQuality quality() const override { return peer_->media().quality(); }
  std::string_view end_detail() const override { return peer_->end_detail(); }

 private:
  void end(call::EndCause cause);

  std::unique_ptr<PeerConnection> peer_;
  Duration resume_within_;
  call::LegListener* listener_ = nullptr;
  TimePoint now_;
  bool answered_ = false, established_ = false, over_ = false;
  bool held_ = false;
  bool gate_open_ = false;  // no RTP is sent before the answer
};

}  // namespace parley::legs
