// The media of one leg: RTP in and out, codec, jitter buffer, DTMF. No sockets and no clock of its own, so a
// simulation runs the same code.
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audio/codec.hpp"
#include "audio/dtmf_detector.hpp"
#include "audio/dtmf_generator.hpp"
#include "audio/jitter_buffer.hpp"
#include "audio/packetizer.hpp"
#include "base/random.hpp"
#include "call/leg.hpp"
#include "legs/media/media_port.hpp"
#include "protocol/rtp/header_extension.hpp"
#include "protocol/rtp/latching.hpp"
#include "protocol/rtp/media_watch.hpp"
#include "protocol/rtp/session.hpp"
#include "protocol/rtp/telephone_event.hpp"

namespace parley::legs {

/// What offer and answer settled (RFC 3264).
struct MediaParameters {
  audio::CodecName codec = audio::CodecName::pcmu;
  std::uint8_t send_payload_type = 0;
  std::uint8_t receive_payload_type = 0;
  struct TelephoneEvent {
    std::uint8_t send_payload_type;
    std::uint8_t receive_payload_type;
    std::uint32_t clock;
    bool operator==(const TelephoneEvent&) const = default;
  };
  std::optional<TelephoneEvent> telephone_event;  // nothing: DTMF is in-band
  /// Others that keys may come as: a browser chooses among what was agreed on.
  std::bitset<128> more_key_payload_types{};
  Endpoint remote_rtp;
  Endpoint remote_rtcp;
  bool rtcp_mux = false;
  std::chrono::milliseconds ptime{20};
  bool sending = true;    // the far end wants to hear
  bool receiving = true;  // the far end wants to be heard
  /// Nothing is encoded or sent while nobody speaks to the far end: for peers that keep the way open by other means.
  bool discontinuous = false;
  rtp::ExtensionIds extensions{};  // of what we send
  std::string mid{};
};

class RtpMedia final : private DatagramSink {
 public:
  struct Config {
    audio::Rate rate = audio::Rate::narrow;
    std::string cname;
    std::chrono::milliseconds dead_after{30'000};
    WallTime wall_now{};  // the wall clock at `now`, for RTCP's NTP time
  };

  RtpMedia(Config config, std::unique_ptr<MediaPort> port, Random& random, TimePoint now);
  ~RtpMedia() override;

  Endpoint local() const { return port_->local(); }
  /// The first negotiation opens the media; later ones change what is different.
  void configure(const MediaParameters& parameters, TimePoint now);
  bool configured() const { return jitter_ != nullptr; }

  /// A datagram that came by another way than the port's: at any time, already unprotected.
  void take(const Datagram& datagram) { on_datagram(datagram); }

  // One tick, in this order
  void receive(TimePoint now);
  bool read(audio::Frame& frame, TimePoint now);
  void write(const audio::Frame* frame, TimePoint now);
  void finish_tick(TimePoint now);

  /// Keys that arrived, in any way that was negotiated.
  std::optional<char> poll_dtmf();
  /// Refused keys (unknown, queue full) are left out.
  void send_dtmf(std::string_view digits);

  /// Of what we send; 0 before configure().
  std::uint32_t ssrc() const { return session_ ? session_->ssrc() : 0; }
  bool heard_anything() const { return packets_received_ > 0; }
  /// Nothing came for too long in a direction that was to be received.
  bool expired(TimePoint now) const;
  call::LegQuality quality() const;
  /// Says goodbye in RTCP. Nothing is sent any more.
  void close(TimePoint now);

 private:
  void on_datagram(const Datagram& datagram) override;
  void send_packet(const audio::Packetizer::Packet& packet, TimePoint now);
  std::optional<rtp::HeaderExtension> extension(std::span<std::byte> buffer);

  bool is_key(std::uint8_t payload_type) const;
  void take_keys();
  void send(std::span<const std::byte> datagram);
  void send_reports();

  // Long enough between looks at the RTCP socket that it costs nothing.
  static constexpr int ticks_between_rtcp = 50;

  Config config_;
  std::unique_ptr<MediaPort> port_;
  Random& random_;
  const TimePoint made_at_;
  MediaParameters parameters_;
  std::optional<rtp::Session> session_;
  std::unique_ptr<audio::JitterBuffer> jitter_;
  std::optional<audio::Packetizer> packetizer_;
  std::uint32_t packet_ticks_ = 0;        // of RTP clock in one packet of ours
  std::uint32_t expected_timestamp_ = 0;  // of the packetizer's next packet
  audio::Frame silence_;
  int silent_frames_ = 0;  // in a row, written with nothing to say
  int level_dbov_ = -127;  // of the latest frame, where the peer is told
  std::uint16_t transport_sequence_ = 0;

  std::optional<rtp::TelephoneEventReceiver> keys_in_;
  std::optional<rtp::TelephoneEventSender> keys_out_;
  std::optional<audio::DtmfDetector> in_band_in_;
  std::optional<audio::DtmfGenerator> in_band_out_;
  std::array<char, 16> keys_{};  // arrived and not yet polled; more are dropped
  std::size_t key_count_ = 0;

  rtp::MediaWatch watch_;
  bool rtcp_turn_ = false;  // the datagram at hand came on the RTCP port
  bool closed_ = false;
  int tick_ = 0;
  std::uint64_t packets_received_ = 0;
};

}  // namespace parley::legs
