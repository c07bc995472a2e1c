// One peer connection with its sound: the way to the peer, which may be replaced, and the media on it.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "legs/media/rtp_media.hpp"
#include "legs/webrtc/transport.hpp"
#include "protocol/rtp/transport_cc.hpp"
#include "protocol/sdp/webrtc.hpp"

namespace parley::legs {

class PeerConnection;

/// What a peer connection needs of its worker.
class WebRtcWorld {
 public:
  virtual ~WebRtcWorld() = default;
  virtual void send(const ice::Path& to, std::span<const std::byte> datagram) = 0;
  virtual void add_path(const ice::Path& path, PeerConnection& peer) = 0;
  virtual void remove_path(const ice::Path& path, const PeerConnection& peer) = 0;
  /// It is over: no datagram is its own any more.
  virtual void forget_paths(PeerConnection& peer) = 0;
  /// The object is being destroyed.
  virtual void forget(PeerConnection& peer) = 0;
  virtual TimePoint now() = 0;
};

/// Owned by a leg. The worker finds it by path and by ICE credentials until it is destroyed.
class PeerConnection {
 public:
  struct Config {
    audio::Rate rate = audio::Rate::wide;
    std::string id;  // what the worker and the log know it by
    std::string cname;
    WallTime wall_now{};
  };

  PeerConnection(WebRtcWorld& world, Config config, Random& random, TimePoint now);
  ~PeerConnection();

  // From the worker
  /// The first way to the peer, or after disconnect() the one that takes over.
  void connect(std::unique_ptr<WebRtcTransport> transport, const sdp::webrtc::Negotiated& negotiated, TimePoint now);
  /// Says goodbye to the way there is.
  void disconnect(TimePoint now);
  /// The same way renegotiated: an ICE restart with these credentials of ours, another direction.
  void renegotiate(std::optional<ice::Credentials> restart, const sdp::webrtc::Negotiated& negotiated, TimePoint now);
  void receive(const ice::Path& from, std::span<std::byte> datagram, TimePoint arrival);
  /// A trickled one.
  void add_candidate(const ice::Candidate& candidate, TimePoint now);
  void channel_closed(ice::Channel channel, TimePoint now);

  const std::string& id() const { return config_.id; }
  const sdp::webrtc::Negotiated& negotiated() const { return negotiated_; }
  /// Of one that has been connected.
  WebRtcTransport& transport() { return *transport_; }
  const ice::Credentials& credentials() const { return transport_->credentials(); }  // ours
  bool negotiating() const { return transport_ == nullptr; }                         // no description of the peer yet
  bool closed() const { return closed_; }
  /// Of all its transports.
  Drops drops() const;

  // From its leg
  RtpMedia& media() { return media_; }
  const RtpMedia& media() const { return media_; }
  bool connected() const { return transport_ && transport_->connected(); }
  /// The peer wants to hear nothing.
  bool held() const { return !negotiating() && !sdp::sends(negotiated_.direction); }
  struct Ended {
    WebRtcTransport::EndReason reason;
    TimePoint at;
  };
  /// Why there is no way any more; nothing while there is one, or another has taken over.
  const std::optional<Ended>& ended() const { return ended_; }
  /// The same in a word; empty while there is one.
  std::string_view end_detail() const;
  void write(const audio::Frame* frame, TimePoint now);
  /// `sends`: whether reports may leave.
  void finish_tick(bool sends, TimePoint now);
  /// Nothing is sent or received any more.
  void close(TimePoint now);

 private:
  class Port;  // what the media sends goes out protected

  void drain(TimePoint now);
  void on_ended(const WebRtcTransport::Ended& ended, TimePoint now);
  void send_media(std::span<const std::byte> packet);
  void note_arrival(std::span<const std::byte> packet, TimePoint arrival);
  void send_feedback(TimePoint now);

  WebRtcWorld& world_;
  Config config_;
  std::unique_ptr<WebRtcTransport> transport_;
  sdp::webrtc::Negotiated negotiated_;
  RtpMedia media_;
  std::optional<rtp::TransportFeedback> feedback_;
  std::optional<Ended> ended_;
  Drops earlier_drops_;  // of transports that were replaced
  bool closed_ = false;
};

}  // namespace parley::legs
