#include "legs/webrtc/webrtc_leg.hpp"

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

class WebRtcLeg::Port final : public MediaPort {
 public:
  explicit Port(WebRtcLeg& leg) : leg_{leg} {}
  Endpoint local() const override { return {}; }
  void receive_rtp(DatagramSink&) override {}  // packets are taken as they arrive
  void receive_rtcp(DatagramSink&) override {}
  void send_rtp(const Endpoint&, std::span<const std::byte> bytes) override { leg_.send_media(bytes); }
  void send_rtcp(const Endpoint&, std::span<const std::byte> bytes) override { leg_.send_media(bytes); }

 private:
  WebRtcLeg& leg_;
};

WebRtcLeg::WebRtcLeg(WebRtcWorld& world, Config config, Random& random, TimePoint now)
    : world_{world},
      config_{std::move(config)},
      // What ends such a call is lost consent; a muted microphone is silent for as long as it likes.
      media_{{.rate = config_.rate, .cname = config_.cname, .dead_after = 24h, .wall_now = config_.wall_now},
             std::make_unique<Port>(*this),
             random,
             now},
      now_{now} {}

WebRtcLeg::~WebRtcLeg() {
  if (transport_) {
    media_.close(now_);
    transport_->close();
    drain(now_);
  }
  world_.forget(*this);
}

void WebRtcLeg::connect(std::unique_ptr<WebRtcTransport> transport, const sdp::webrtc::Negotiated& negotiated,
                        TimePoint now) {
  earlier_drops_ = drops();
  transport_ = std::move(transport);
  gone_since_.reset();
  ending_.reset();
  end_detail_ = {};
  renegotiate(std::nullopt, negotiated, now);
}

void WebRtcLeg::disconnect(TimePoint now) {
  transport_->close();
  drain(now);
  world_.forget_paths(*this);
}

Drops WebRtcLeg::drops() const {
  Drops all = earlier_drops_;
  if (transport_) all += transport_->drops();
  return all;
}

void WebRtcLeg::renegotiate(std::optional<ice::Credentials> restart, const sdp::webrtc::Negotiated& negotiated,
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
  if (listener_) listener_->on_leg_held(negotiated_.direction == sdp::Direction::inactive);
  drain(now);
}

void WebRtcLeg::answer() {
  answered_ = true;
  gate_open_ = true;
}

void WebRtcLeg::hang_up(call::EndCause) {
  if (over_) return;
  over_ = true;
  media_.close(now_);
  transport_->close();
  drain(now_);
}

void WebRtcLeg::receive(const ice::Path& from, std::span<std::byte> datagram, TimePoint arrival) {
  if (over_) return;
  if (const auto packet = transport_->receive(from, datagram, arrival)) {
    note_arrival(*packet, arrival);
    media_.take({the_peer, arrival, *packet});
  }
  drain(arrival);
}

void WebRtcLeg::add_candidate(const ice::Candidate& candidate, TimePoint now) {
  transport_->add_candidate(candidate, now);
  drain(now);
}

void WebRtcLeg::channel_closed(ice::Channel channel, TimePoint now) {
  transport_->channel_closed(channel, now);
  drain(now);
}

void WebRtcLeg::drain(TimePoint now) {
  while (auto output = transport_->poll()) {
    std::visit(Overloaded{[&](WebRtcTransport::Send& send) { world_.send(send.to, send.datagram); },
                          [&](WebRtcTransport::PathAdded& added) { world_.add_path(added.path, *this); },
                          [&](WebRtcTransport::PathRemoved& removed) { world_.remove_path(removed.path, *this); },
                          [&](WebRtcTransport::Connected&) {
                            log::info("webrtc connected call={} path={} profile={}", config_.call_id,
                                      transport_->selected() ? transport_->selected()->remote.to_string() : "",
                                      srtp::name(transport_->profile()));
                          },
                          [&](WebRtcTransport::Ended& ended) { on_ended(ended, now); }},
               *output);
  }
}

void WebRtcLeg::on_ended(const WebRtcTransport::Ended& ended, TimePoint now) {
  log::info("webrtc connection ended call={} reason={} detail=\"{}\"", config_.call_id, describe(ended.reason),
            ended.detail);
  end_detail_ = describe(ended.reason);
  observe::Metrics::global()
      .counter("parley_webrtc_connections_ended_total",
               "Peer connections that the peer or the network ended, by reason.",
               {{"reason", std::string{end_detail_}}})
      .increment();
  switch (ended.reason) {
    case WebRtcTransport::EndReason::closed: gone_since_ = now; break;
    case WebRtcTransport::EndReason::consent: ending_ = call::EndCause::media_timeout; break;
    case WebRtcTransport::EndReason::not_connected:
    case WebRtcTransport::EndReason::fingerprint:
    case WebRtcTransport::EndReason::handshake: ending_ = call::EndCause::failed; break;
  }
}

void WebRtcLeg::receive(TimePoint now) {
  now_ = now;
  if (over_) return;
  media_.receive(now);
  if (answered_ && !established_ && transport_->connected()) {
    established_ = true;
    listener_->on_leg_answered();
  }
  while (const auto key = media_.poll_dtmf()) listener_->on_leg_dtmf(*key);
}

void WebRtcLeg::write(const audio::Frame* frame) {
  if (gate_open_ && transport_->connected()) media_.write(frame, now_);
}

void WebRtcLeg::finish_tick(TimePoint now) {
  if (over_) return;
  if (now >= transport_->deadline()) {
    transport_->advance(now);
    drain(now);
  }
  if (transport_->connected() && gate_open_) media_.finish_tick(now);
  if (feedback_) send_feedback(now);
  if (gone_since_ && now - *gone_since_ >= config_.resume_within) ending_ = call::EndCause::caller_hangup;
  if (ending_) end(*ending_);
}

void WebRtcLeg::end(call::EndCause cause) {
  hang_up(cause);
  listener_->on_leg_ended(cause, 0);
}

void WebRtcLeg::send_media(std::span<const std::byte> packet) {
  std::array<std::byte, max_packet + srtp::max_overhead> buffer;
  if (packet.size() > max_packet) return;
  std::ranges::copy(packet, buffer.begin());
  if (const auto sealed = transport_->seal(buffer, packet.size())) world_.send(sealed->to, sealed->datagram);
}

void WebRtcLeg::note_arrival(std::span<const std::byte> bytes, TimePoint arrival) {
  if (!feedback_) return;
  const auto packet = rtp::parse(bytes);
  if (!packet || !packet->extension) return;
  const auto said =
      rtp::read_extensions(*packet->extension, {.transport_sequence = negotiated_.extensions.transport_cc});
  if (said.transport_sequence) feedback_->receive(*said.transport_sequence, packet->ssrc, arrival);
}

void WebRtcLeg::send_feedback(TimePoint now) {
  if (now < feedback_->deadline()) return;
  feedback_->advance(now);
  while (const auto report = feedback_->poll(media_.ssrc())) send_media(*report);
}

}  // namespace parley::legs
