// The far end of a peer connection, for tests: a browser, or a peer that is ICE-lite itself.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "legs/webrtc/transport.hpp"
#include "protocol/rtp/packet.hpp"
#include "protocol/sdp/webrtc.hpp"

namespace parley::legs {

/// It offers PCMU, takes the answer, connects, speaks and hears. Its datagrams go where the test takes them.
class TestPeer {
 public:
  enum class Kind : std::uint8_t { browser, lite };

  explicit TestPeer(const Endpoint& at, std::uint64_t seed = 1, Kind kind = Kind::browser)
      : at{at}, kind_{kind}, random_{Random::seeded(seed)} {
    local.ice = ice::Credentials::make(0, random_);
    local.ice_lite = kind == Kind::lite;
    local.candidates = ice::host_candidates(std::span{&at.address, 1}, at.port);
    local.fingerprint = context_.fingerprint();
    local.codecs = {{.map = {.payload_type = 0, .encoding = "PCMU", .clock = 8'000}, .fmtp = {}}};
  }

  std::string offer() {
    offered_ = sdp::webrtc::make_offer(local);
    return offered_.to_string();
  }

  /// Checks begin, to the answer's candidates of that transport.
  void accept(const std::string& answer, TimePoint now, ice::Transport over = ice::Transport::udp) {
    const auto agreed = sdp::webrtc::accept_answer(offered_, answer);
    if (!agreed) throw std::runtime_error("the answer is no answer: " + agreed.error().to_string());
    negotiated = *agreed;
    const WebRtcTransport::Config config{
        .role = negotiated.setup == sdp::webrtc::Setup::active ? dtls::Role::client : dtls::Role::server,
        .fingerprints = negotiated.remote.fingerprints};
    if (kind_ == Kind::lite) {
      transport = std::make_unique<WebRtcTransport>(context_, config, ice::LiteAgent::Config{.local = local.ice}, now);
      return;
    }
    ice::ControllingAgent::Config full{.local = local.ice};
    full.sockets.push_back({0, local.candidates.front()});
    transport =
        std::make_unique<WebRtcTransport>(context_, config, std::move(full), Random::seeded(random_.u64()), now);
    transport->set_remote(remote(negotiated.remote, over), now);
  }

  /// ICE restart: `theirs` came with new credentials.
  void restart(const sdp::webrtc::Description& theirs, TimePoint now) {
    transport->restart(local.ice, now);
    transport->set_remote(remote(theirs, ice::Transport::udp), now);
  }

  void receive(const Endpoint& from, std::vector<std::byte> datagram, TimePoint now) {
    if (!transport) return;
    const auto media = transport->receive({from, 0}, datagram, now);
    if (media && !rtp::is_rtcp(*media)) heard.emplace_back(media->begin(), media->end());
  }

  /// What it has to send is given to `send`, with where to.
  template <class Send>
  bool flush(Send send) {
    bool any = false;
    while (auto output = transport ? transport->poll() : std::nullopt) {
      any = true;
      if (auto* out = std::get_if<WebRtcTransport::Send>(&*output)) send(out->to.remote, std::move(out->datagram));
      else if (std::holds_alternative<WebRtcTransport::Connected>(*output)) connected = true;
      else if (auto* over = std::get_if<WebRtcTransport::Ended>(&*output)) ended = over->reason;
    }
    return any;
  }

  /// The next 20 ms of sound, or another payload, as they go over the wire.
  std::vector<std::byte> speak() { return packet(0, std::vector<std::byte>(160, std::byte{0x2A}), timestamp_ += 160); }
  std::vector<std::byte> key_end(std::uint8_t payload_type, std::uint8_t key) {
    return packet(payload_type, {std::byte{key}, std::byte{0x8A}, std::byte{3}, std::byte{0x20}}, timestamp_);
  }

  const Endpoint at;
  sdp::webrtc::Local local;
  sdp::webrtc::Negotiated negotiated;
  std::unique_ptr<WebRtcTransport> transport;
  bool connected = false;
  std::optional<WebRtcTransport::EndReason> ended;
  std::vector<std::vector<std::byte>> heard;  // RTP packets

 private:
  static ice::ControllingAgent::Remote remote(const sdp::webrtc::Description& theirs, ice::Transport over) {
    ice::ControllingAgent::Remote remote{theirs.ice, {}, theirs.ice_lite};
    for (auto candidate : theirs.candidates) {
      if (candidate.transport != over) continue;
      candidate.transport = ice::Transport::udp;  // the agent knows no other: the test carries it over TCP
      remote.candidates.push_back(std::move(candidate));
    }
    return remote;
  }

  std::vector<std::byte> packet(std::uint8_t payload_type, std::vector<std::byte> payload, std::uint32_t timestamp) {
    rtp::Packet packet;
    packet.payload_type = payload_type;
    packet.sequence = rtp::SequenceNumber{++sequence_};
    packet.timestamp = rtp::RtpTimestamp{timestamp};
    packet.ssrc = 0x1234;
    packet.payload = payload;
    std::vector<std::byte> buffer(512);
    const auto written = rtp::encode(packet, buffer);
    const auto sealed = transport->seal(buffer, written->size());
    if (!sealed) throw std::runtime_error("not connected");
    return {sealed->datagram.begin(), sealed->datagram.end()};
  }

  const Kind kind_;
  Random random_;
  const dtls::Context context_{dtls::Certificate::make()};
  sdp::SessionDescription offered_;
  std::uint16_t sequence_ = 0;
  std::uint32_t timestamp_ = 0;
};

}  // namespace parley::legs
