// One browser, or another WebRTC peer: its peer connection, which may be replaced, and its media.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "call/leg.hpp"
#include "legs/media/rtp_media.hpp"
#include "legs/webrtc/transport.hpp"
#include "protocol/rtp/transport_cc.hpp"
#include "protocol/sdp/webrtc.hpp"

namespace parley::legs {

class WebRtcLeg;

/// What a leg needs of its worker.
class WebRtcWorld {
 public:
  virtual ~WebRtcWorld() = default;
  virtual void send(const ice::Path& to, std::span<const std::byte> datagram) = 0;
  virtual void add_path(const ice::Path& path, WebRtcLeg& leg) = 0;
  virtual void remove_path(const ice::Path& path, const WebRtcLeg& leg) = 0;
  /// Its peer connection is over: no datagram is its own any more.
  virtual void forget_paths(WebRtcLeg& leg) = 0;
  /// The leg is being destroyed.
  virtual void forget(WebRtcLeg& leg) = 0;
  virtual TimePoint now() = 0;
};

/// Owned by its call. The worker finds it by path and by ICE credentials until it is destroyed.
class WebRtcLeg final : public call::Leg {
 public:
  struct Config {
    audio::Rate rate = audio::Rate::wide;
    std::string call_id, cname;
    WallTime wall_now{};
    /// How long a call waits for its browser after the browser said goodbye: a page that is loaded again comes back
    /// with its session.
    Duration resume_within = 30s;
  };

  WebRtcLeg(WebRtcWorld& world, Config config, Random& random, TimePoint now);
  ~WebRtcLeg() override;

  /// A peer connection: the first, or after disconnect() the one that takes over.
  void connect(std::unique_ptr<WebRtcTransport> transport, const sdp::webrtc::Negotiated& negotiated, TimePoint now);
  /// Says goodbye to the peer connection; the call goes on.
  void disconnect(TimePoint now);
  /// The same peer connection renegotiated: an ICE restart with these credentials of ours, another direction.
  void renegotiate(std::optional<ice::Credentials> restart, const sdp::webrtc::Negotiated& negotiated, TimePoint now);
  void receive(const ice::Path& from, std::span<std::byte> datagram, TimePoint arrival);
  /// A trickled one.
  void add_candidate(const ice::Candidate& candidate, TimePoint now);
  void channel_closed(ice::Channel channel, TimePoint now);

  const std::string& call_id() const { return config_.call_id; }
  const ice::Credentials& credentials() const { return transport_->credentials(); }
  const sdp::webrtc::Negotiated& negotiated() const { return negotiated_; }
  WebRtcTransport& transport() { return *transport_; }
  bool over() const { return over_; }
  /// Of all its peer connections.
  Drops drops() const;

  // call::Leg
  std::string_view channel() const override { return "webrtc"; }
  void listen(call::LegListener& listener) override { listener_ = &listener; }
  void ring() override {}
  void answer() override;
  void hang_up(call::EndCause cause) override;
  void send_dtmf(std::string_view digits) override { media_.send_dtmf(digits); }
  void receive(TimePoint now) override;
  void finish_tick(TimePoint now) override;
  bool read(audio::Frame& frame) override { return media_.read(frame, now_); }
  void write(const audio::Frame* frame) override;
  /// A browser's own jitter buffer and output device.
  std::chrono::milliseconds heard_delay() const override { return std::chrono::milliseconds{80}; }
  call::LegQuality quality() const override { return media_.quality(); }
  std::string_view end_detail() const override { return end_detail_; }

 private:
  class Port;  // what the media sends goes out protected

  void drain(TimePoint now);
  void on_ended(const WebRtcTransport::Ended& ended, TimePoint now);
  void send_media(std::span<const std::byte> packet);
  void note_arrival(std::span<const std::byte> packet, TimePoint arrival);
  void send_feedback(TimePoint now);
  void end(call::EndCause cause);

  WebRtcWorld& world_;
  Config config_;
  std::unique_ptr<WebRtcTransport> transport_;
  sdp::webrtc::Negotiated negotiated_;
  RtpMedia media_;
  std::optional<rtp::TransportFeedback> feedback_;
  call::LegListener* listener_ = nullptr;
  TimePoint now_;
  std::optional<TimePoint> gone_since_;  // the peer said goodbye
  std::optional<call::EndCause> ending_;
  std::string_view end_detail_;  // why its peer connection is over
  Drops earlier_drops_;          // of peer connections that were replaced
  bool answered_ = false, established_ = false, over_ = false;
  bool gate_open_ = false;  // no RTP is sent before the answer
};

}  // namespace parley::legs
