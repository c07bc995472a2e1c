#include "legs/webrtc/peer_connection.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "observe/metrics.hpp"
#include "protocol/rtp/header_extension.hpp"

namespace parley::legs {
namespace {

constexpr std::size_t max_packet = 1'500;

// ICE has authenticated whoever sends: the session sees one peer that never moves.
constexpr Endpoint the_peer{IpAddress::v4(0x01000000), 9};

MediaParameters media_parameters(const sdp::webrtc::Negotiated& negotiated) {
  MediaParameters media;
  media.codec = audio::codec_named(negotiated.codec().map.encoding).value_or(audio::CodecName::pcmu);
  media.send_payload_type = negotiated.codec().map.payload_type;
  media.receive_payload_type = negotiated.codec().receive_payload_type;
  if (const auto& keys = negotiated.telephone_event)
    media.telephone_event = {keys->map.payload_type, keys->receive_payload_type, keys->map.clock};
  for (const auto& keys : negotiated.telephone_events) media.more_key_payload_types.set(keys.receive_payload_type);
  media.remote_rtp = media.remote_rtcp = the_peer;
  media.rtcp_mux = true;
  media.discontinuous = true;
  if (negotiated.remote.ptime) media.ptime = *negotiated.remote.ptime;
  media.sending = negotiated.direction == sdp::Direction::sendrecv || negotiated.direction == sdp::Direction::sendonly;
  media.receiving =
      negotiated.direction == sdp::Direction::sendrecv || negotiated.direction == sdp::Direction::recvonly;
  media.extensions = {.mid = negotiated.extensions.mid, .audio_level = negotiated.extensions.audio_level};
  if (negotiated.feedback_transport_cc) media.extensions.transport_sequence = negotiated.extensions.transport_cc;
  media.mid = negotiated.remote.mid;
  return media;
}

std::string_view describe(WebRtcTransport::EndReason reason) {
  switch (reason) {
    case WebRtcTransport::EndReason::not_connected: return "not_connected";
    case WebRtcTransport::EndReason::fingerprint: return "wrong_fingerprint";
    case WebRtcTransport::EndReason::handshake: return "handshake";
    case WebRtcTransport::EndReason::consent: return "consent_lost";
    case WebRtcTransport::EndReason::closed: return "closed";
  }
  return "";
}

}  // namespace

class PeerConnection::Port final : public MediaPort {
 public:
  explicit Port(PeerConnection& peer) : peer_{peer} {}
  Endpoint local() const override { return {}; }
  void receive_rtp(DatagramSink&) override {}  // packets are taken as they arrive
  void receive_rtcp(DatagramSink&) override {}
  void send_rtp(const Endpoint&, std::span<const std::byte> bytes) override { peer_.send_media(bytes); }
  void send_rtcp(const Endpoint&, std::span<const std::byte> bytes) override { peer_.send_media(bytes); }

 private:
  PeerConnection& peer_;
};

PeerConnection::PeerConnection(WebRtcWorld& world, Config config, Random& random, TimePoint now)
    : world_{world},
      config_{std::move(config)},
      // What ends such a call is lost consent; a muted microphone is silent for as long as it likes.
      media_{{.rate = config_.rate, .cname = config_.cname, .dead_after = 24h, .wall_now = config_.wall_now},
             std::make_unique<Port>(*this),
             random,
             now} {}

PeerConnection::~PeerConnection() {
  close(world_.now());
  world_.forget(*this);
}

void PeerConnection::connect(std::unique_ptr<WebRtcTransport> transport, const sdp::webrtc::Negotiated& negotiated,
                             TimePoint now) {
  earlier_drops_ = drops();
  transport_ = std::move(transport);
  ended_.reset();
  renegotiate(std::nullopt, negotiated, now);
}

void PeerConnection::disconnect(TimePoint now) {
  transport_->close();
  drain(now);
  world_.forget_paths(*this);
}

void PeerConnection::renegotiate(std::optional<ice::Credentials> restart, const sdp::webrtc::Negotiated& negotiated,
                                 TimePoint now) {
  negotiated_ = negotiated;
  if (restart) {
    transport_->restart(std::move(*restart), now);
    transport_->set_remote({negotiated_.remote.ice, negotiated_.remote.candidates, negotiated_.remote.ice_lite}, now);
  }
  media_.configure(media_parameters(negotiated_), now);
  feedback_.reset();
  if (negotiated_.extensions.transport_cc != 0 && negotiated_.feedback_transport_cc)
    feedback_.emplace(rtp::TransportFeedback::Config{.cname = config_.cname}, now);
  drain(now);
}

void PeerConnection::receive(const ice::Path& from, std::span<std::byte> datagram, TimePoint arrival) {
  // Checks may overtake the answer to our offer; they are repeated.
  if (closed_ || negotiating()) return;
  if (const auto packet = transport_->receive(from, datagram, arrival)) {
    note_arrival(*packet, arrival);
    media_.take({the_peer, arrival, *packet});
  }
  drain(arrival);
}

Drops PeerConnection::drops() const {
  Drops all = earlier_drops_;
  if (transport_) all += transport_->drops();
  return all;
}

std::string_view PeerConnection::end_detail() const { return ended_ ? describe(ended_->reason) : std::string_view{}; }

void PeerConnection::add_candidate(const ice::Candidate& candidate, TimePoint now) {
  if (negotiating()) return;
  transport_->add_candidate(candidate, now);
  drain(now);
}

void PeerConnection::channel_closed(ice::Channel channel, TimePoint now) {
  if (negotiating()) return;
  transport_->channel_closed(channel, now);
  drain(now);
}

void PeerConnection::drain(TimePoint now) {
  while (auto output = transport_->poll()) {
    std::visit(Overloaded{[&](WebRtcTransport::Send& send) { world_.send(send.to, send.datagram); },
                          [&](WebRtcTransport::PathAdded& added) { world_.add_path(added.path, *this); },
                          [&](WebRtcTransport::PathRemoved& removed) { world_.remove_path(removed.path, *this); },
                          [&](WebRtcTransport::Connected&) {
                            log::info("webrtc connected call={} path={} profile={}", config_.id,
                                      transport_->selected() ? transport_->selected()->remote.to_string() : "",
                                      srtp::name(transport_->profile()));
                          },
                          [&](WebRtcTransport::Ended& ended) { on_ended(ended, now); }},
               *output);
  }
}

void PeerConnection::on_ended(const WebRtcTransport::Ended& ended, TimePoint now) {
  log::info("webrtc connection ended call={} reason={} detail=\"{}\"", config_.id, describe(ended.reason),
            ended.detail);
  observe::Metrics::global()
      .counter("parley_webrtc_connections_ended_total",
               "Peer connections that the peer or the network ended, by reason.",
               {{"reason", std::string{describe(ended.reason)}}})
      .increment();
  ended_ = Ended{ended.reason, now};
}

void PeerConnection::write(const audio::Frame* frame, TimePoint now) {
  if (connected()) media_.write(frame, now);
}

void PeerConnection::finish_tick(bool sends, TimePoint now) {
  if (closed_ || negotiating()) return;
  if (now >= transport_->deadline()) {
    transport_->advance(now);
    drain(now);
  }
  if (transport_->connected() && sends) media_.finish_tick(now);
  if (feedback_) send_feedback(now);
}

void PeerConnection::close(TimePoint now) {
  if (std::exchange(closed_, true) || negotiating()) return;
  media_.close(now);
  transport_->close();
  drain(now);
}

void PeerConnection::send_media(std::span<const std::byte> packet) {
  std::array<std::byte, max_packet + srtp::max_overhead> buffer;
  if (packet.size() > max_packet) return;
  std::ranges::copy(packet, buffer.begin());
  if (const auto sealed = transport_->seal(buffer, packet.size())) world_.send(sealed->to, sealed->datagram);
}

void PeerConnection::note_arrival(std::span<const std::byte> bytes, TimePoint arrival) {
  if (!feedback_) return;
  const auto packet = rtp::parse(bytes);
  if (!packet || !packet->extension) return;
  const auto said =
      rtp::read_extensions(*packet->extension, {.transport_sequence = negotiated_.extensions.transport_cc});
  if (said.transport_sequence) feedback_->receive(*said.transport_sequence, packet->ssrc, arrival);
}

void PeerConnection::send_feedback(TimePoint now) {
  if (now < feedback_->deadline()) return;
  feedback_->advance(now);
  while (const auto report = feedback_->poll(media_.ssrc())) send_media(*report);
}

}  // namespace parley::legs
