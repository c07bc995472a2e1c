// One RTP session with one peer: what is sent, what is believed, and the reports in between.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "protocol/rtp/latching.hpp"
#include "protocol/rtp/packet.hpp"
#include "protocol/rtp/quality.hpp"
#include "protocol/rtp/rtcp.hpp"
#include "protocol/rtp/statistics.hpp"
#include "protocol/rtp/telephone_event.hpp"

namespace parley::rtp {

/// The RTP and RTCP of one call leg: RFC 3550 for exactly two parties, without a socket.
///
/// Simplified against §6.2 and §6.3, because two parties at 50 packets a second can never reach
/// their RTCP bandwidth: reports come every 5 s (the first after 2.5), times 0.5 to 1.5, without
/// the reconsideration that protects large groups; so without its compensation either. BYE goes at
/// once. After every input, drain poll() before the next; nothing here allocates per packet.
class Session {
 public:
  struct Config {
    std::string cname;  // random for each call (RFC 7022), so that it tells nobody anything
    std::uint32_t clock_rate = 8000;
    bool rtcp = true;       // send reports; incoming ones are read in any case
    bool rtcp_mux = false;  // RFC 5761
    ReducedSize reduced_size = ReducedSize::no;
    Latching::Config latching{};
    CodecImpairment codec{};
    WallTime wall_now{};  // the wall clock at `now`, for the NTP time of reports
    /// Take packets with our own SSRC for the peer's, instead of for a loop (RFC 3550 §8.2): for
    /// test peers that send back what they get.
    bool accept_reflected = false;
  };

  struct SendRtcp {
    std::span<const std::byte> datagram;  // valid until the next call
    Endpoint to;
  };
  using Output = std::variant<SendRtcp>;

  enum class DropReason : std::uint8_t {
    truncated,
    bad_version,
    bad_padding,
    wrong_source,          // not from the negotiated or latched address
    unknown_payload_type,  // not negotiated
    unknown_ssrc,          // a new source, not yet believed
    bad_sequence,          // a jump that the next packet has not confirmed
    loop,                  // our own SSRC
    bad_rtcp,
    count,
  };
  struct Media {
    Packet packet;     // views the datagram
    bool new_source;   // another SSRC or a new sequence: jitter buffer and key receiver begin anew
    bool new_address;  // just latched: destination() has changed
  };
  struct Rtcp {
    bool bye;
  };  // the peer said goodbye
  struct Dropped {
    DropReason reason;
  };
  using Received = std::variant<Media, Rtcp, Dropped>;

  Session(Config config, Random random, TimePoint now);

  // What was negotiated.
  struct Remote {
    std::optional<Endpoint> rtp;
    std::optional<Endpoint> rtcp;    // nothing: RTP's port + 1 (or RTP's own, when muxed)
    std::bitset<128> payload_types;  // those of our own offer or answer
    bool renegotiated = false;       // a re-INVITE: unlock the source
  };
  void negotiate(const Remote& remote);

  // Sending. The timeline advances by `ticks` with each packet or pause, so silence leaves a gap in
  // the timestamps and the packet after it carries the marker (RFC 3551 §4.1).
  struct Outgoing {
    std::uint8_t payload_type;
    std::span<const std::byte> payload;
    std::uint32_t ticks;  // of the payload's clock
    std::optional<HeaderExtension> extension = std::nullopt;
  };
  Result<std::span<const std::byte>, EncodeError> encode(const Outgoing& media, TimePoint now,
                                                         std::span<std::byte> buffer);
  /// A key in place of audio: the timeline advances by `ticks` all the same.
  Result<std::span<const std::byte>, EncodeError> encode(const TelephoneEventSender::EventPacket& event,
                                                         std::uint8_t payload_type, std::uint32_t ticks,
                                                         std::span<std::byte> buffer,
                                                         std::optional<HeaderExtension> extension = std::nullopt);
  void pause(std::uint32_t ticks);
  RtpTimestamp timestamp() const { return timestamp_; }  // the next packet's
  const std::optional<Endpoint>& destination() const { return rtp_source_.destination(); }

  // Receiving, after SRTP. RTCP on the RTP port is taken wherever it comes.
  Received receive(std::span<const std::byte> datagram, const Endpoint& from, TimePoint arrival);
  Received receive_rtcp(std::span<const std::byte> datagram, const Endpoint& from, TimePoint arrival);

  void advance(TimePoint now);  // due reports are made
  void end(TimePoint now);      // says BYE, if anything was ever sent; nothing is sent after it
  std::optional<Output> poll();
  TimePoint deadline() const;

  std::uint32_t ssrc() const { return ssrc_; }
  std::optional<std::uint32_t> remote_ssrc() const;
  std::optional<Duration> round_trip() const { return round_trip_; }
  std::uint64_t dropped(DropReason reason) const { return drops_[static_cast<std::size_t>(reason)]; }
  const Latching& source() const { return rtp_source_; }
  const SenderStatistics& sent() const { return sent_; }

  /// Feedback packets that the peer sent. Audio that is late is lost: nothing is sent again for them.
  struct FeedbackReceived {
    std::uint64_t nack = 0;
    std::uint64_t transport_cc = 0;
    std::uint64_t other = 0;  // picture loss, bandwidth estimates and the like
  };
  const FeedbackReceived& feedback_received() const { return feedback_; }

  struct Quality {
    std::uint64_t packets_received = 0;
    std::int32_t lost = 0;
    Duration jitter{};
    double remote_loss = 0;  // the peer's latest report about us, 0 to 1
    Duration remote_jitter{};
    double mos = 0;  // 0 until anything was received
  };
  Quality quality() const;

 private:
  struct Source {
    std::uint32_t ssrc;
    ReceiverStatistics statistics;
  };
  struct SenderReportSeen {
    std::uint32_t ssrc;
    std::uint32_t middle;
    TimePoint arrival;
  };

  Received drop(DropReason reason);
  Received handle_media(const Packet& packet, const Endpoint& from, TimePoint arrival);
  Received handle_rtcp(std::span<const std::byte> datagram, TimePoint arrival);
  void handle_report(const ReportBlocks& blocks, TimePoint arrival);
  Received own_ssrc_seen(const Endpoint& from);
  void choose_ssrc();
  void schedule_report(TimePoint now, Duration interval);
  std::optional<Endpoint> rtcp_destination() const;
  std::span<const std::byte> build_report(bool bye, std::uint32_t ssrc);
  NtpTime ntp(TimePoint at) const;

  Config config_;
  Random random_;
  TimePoint start_, now_;

  std::uint32_t ssrc_ = 0;
  SequenceNumber sequence_;
  RtpTimestamp timestamp_;
  bool talkspurt_begins_ = true;
  struct Sent {
    RtpTimestamp timestamp;
    TimePoint at;
  };
  std::optional<Sent> last_sent_;
  SenderStatistics sent_;
  std::uint32_t packets_at_last_report_ = 0;
  bool rtcp_sent_ = false;

  Latching rtp_source_, rtcp_source_;
  std::bitset<128> payload_types_;
  std::optional<Source> source_, candidate_;
  std::optional<Endpoint> loop_from_;
  std::optional<SenderReportSeen> last_sr_;
  std::optional<Duration> round_trip_;
  std::optional<ReportBlock> about_us_;
  std::array<std::uint64_t, static_cast<std::size_t>(DropReason::count)> drops_{};
  FeedbackReceived feedback_;

  TimePoint report_at_;
  bool report_due_ = false;
  bool ended_ = false;
  std::optional<std::uint32_t> bye_due_;  // the SSRC to take leave of
  std::array<std::byte, 512> rtcp_buffer_;
};

}  // namespace parley::rtp
