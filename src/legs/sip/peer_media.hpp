// A WebRTC peer connection whose descriptions travel by SIP (RFC 7118): JsSIP, SIP.js.
#pragma once

#include <memory>

#include "legs/sip/sip_media.hpp"
#include "legs/webrtc/endpoint.hpp"

namespace parley::legs {

class PeerMedia final : public SipMedia {
 public:
  PeerMedia(WebRtcEndpoint& endpoint, PeerConnection::Config config)
      : endpoint_{endpoint}, peer_{endpoint.open(std::move(config))} {}

  Result<void, SdpRefusal> take_offer(std::string_view offer, TimePoint now) override;
  std::string make_offer() override;
  Result<void, SdpRefusal> take_answer(std::string_view answer, TimePoint now) override;
  std::string local() const override { return local_; }
  bool held() const override { return peer_->held(); }

  void receive(TimePoint now) override {
    now_ = now;
    peer_->media().receive(now);
  }
  void write(const audio::Frame* frame, TimePoint now) override { peer_->write(frame, now); }
  void finish_tick(TimePoint now) override { peer_->finish_tick(true, now); }

  RtpMedia& rtp() override { return peer_->media(); }
  const RtpMedia& rtp() const override { return peer_->media(); }
  bool ready() const override { return peer_->connected(); }
  std::optional<call::EndCause> ended() const override;
  GuardedPort::Counters refused() const override;
  void close(TimePoint now) override { peer_->close(now); }

 private:
  WebRtcEndpoint& endpoint_;
  std::unique_ptr<PeerConnection> peer_;
  std::string local_;
  TimePoint now_{};  // of the current tick
};

}  // namespace parley::legs
