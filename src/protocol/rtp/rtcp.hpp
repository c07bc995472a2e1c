// RTCP compound packets (RFC 3550 §6): sender and receiver reports, CNAME, BYE and feedback (RFC 4585).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "protocol/rtp/packet.hpp"

namespace parley::rtp {

/// 64-bit NTP time: seconds since 1900 and a binary fraction (RFC 3550 §4).
struct NtpTime {
  std::uint32_t seconds = 0;
  std::uint32_t fraction = 0;

  static NtpTime from(WallTime time);
  /// The middle 32 bits, which reports echo as LSR: units of 1/65536 s.
  constexpr std::uint32_t middle() const { return seconds << 16 | fraction >> 16; }
  bool operator==(const NtpTime&) const = default;
};

/// What a receiver says of one source (RFC 3550 §6.4.1).
struct ReportBlock {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;    // of 256, since the last report
  std::int32_t cumulative_lost = 0;  // 24 bits, negative when there were duplicates
  std::uint32_t extended_highest_sequence = 0;
  std::uint32_t jitter = 0;               // timestamp units
  std::uint32_t last_sr = 0;              // middle 32 bits of the last SR's NTP time, 0: none yet
  std::uint32_t delay_since_last_sr = 0;  // 1/65536 s
  bool operator==(const ReportBlock&) const = default;
};

struct SenderInfo {
  NtpTime ntp;
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;
  bool operator==(const SenderInfo&) const = default;
};

/// Report blocks as they stand in the datagram, decoded one at a time.
class ReportBlocks {
 public:
  ReportBlocks() = default;
  explicit ReportBlocks(std::span<const std::byte> bytes) : bytes_{bytes} {}
  std::size_t size() const { return bytes_.size() / wire_size; }
  ReportBlock operator[](std::size_t index) const;
  /// The block about `ssrc`.
  std::optional<ReportBlock> find(std::uint32_t ssrc) const;
  static constexpr std::size_t wire_size = 24;

 private:
  std::span<const std::byte> bytes_;
};

struct SenderReport {
  std::uint32_t ssrc = 0;
  SenderInfo info;
  ReportBlocks blocks;
};
struct ReceiverReport {
  std::uint32_t ssrc = 0;
  ReportBlocks blocks;
};
/// SDES: chunks of items, one chunk a source.
struct SourceDescription {
  std::span<const std::byte> chunks;
  std::size_t count = 0;

  /// Not terminated, not checked to be UTF-8: bytes of a stranger.
  std::optional<std::string_view> cname(std::uint32_t ssrc) const;
};
struct Bye {
  std::span<const std::byte> ssrcs;  // 4 bytes each
  std::string_view reason;           // empty when not given

  bool names(std::uint32_t ssrc) const;
};
/// Feedback of the transport layer or about a payload (RFC 4585 §6.1), its control information as it stands.
struct Feedback {
  enum class Layer : std::uint8_t { transport = 205, payload = 206 };
  Layer layer = Layer::transport;
  std::uint8_t format = 0;
  std::uint32_t sender_ssrc = 0;
  std::uint32_t media_ssrc = 0;
  std::span<const std::byte> control_information;  // whole words

  bool is_nack() const { return layer == Layer::transport && format == 1; }
  bool is_picture_loss() const { return layer == Layer::payload && format == 1; }
};
/// APP, extended reports (RFC 3611) and what is yet to come.
struct Unknown {
  std::uint8_t packet_type = 0;
  std::uint8_t count = 0;  // the five bits beside the version
  std::span<const std::byte> body;
};
using RtcpPacket = std::variant<SenderReport, ReceiverReport, SourceDescription, Bye, Feedback, Unknown>;

enum class RtcpError : std::uint8_t {
  truncated,  // shorter than one header
  bad_version,
  bad_padding,  // not only in the last packet, or a count that cannot be
  bad_length,   // the packets do not add up to the datagram
  bad_first,    // a compound starts with SR or RR (RFC 3550 §6.1)
  bad_body,     // a count that its packet has no room for
};

/// Whether a packet may stand alone without the leading report (RFC 5506, a=rtcp-rsize).
enum class ReducedSize : bool { no, yes };

/// A compound packet that has passed the checks of RFC 3550 appendix A.2, every body included, so
/// that taking it apart cannot fail. Views the datagram.
class Compound {
 public:
  static Result<Compound, RtcpError> parse(std::span<const std::byte> datagram, ReducedSize reduced = ReducedSize::no);
  /// The packets in order, then nothing.
  std::optional<RtcpPacket> next();

 private:
  explicit Compound(std::span<const std::byte> datagram) : in_{datagram} {}
  ByteReader in_;
};

/// Walks the packets that a generic NACK reports missing (RFC 4585 §6.2.1).
class NackReader {
 public:
  explicit NackReader(const Feedback& nack) : in_{nack.control_information} {}
  std::optional<SequenceNumber> next();

 private:
  ByteReader in_;
  SequenceNumber sequence_;
  std::uint32_t pending_ = 0;  // the lowest bit stands for sequence_
};

/// Puts a compound packet together in a buffer of the caller. What does not fit leaves the writer
/// failed and the result empty.
class CompoundWriter {
 public:
  explicit CompoundWriter(std::span<std::byte> buffer) : out_{buffer} {}

  void sender_report(std::uint32_t ssrc, const SenderInfo& info, std::span<const ReportBlock> blocks);
  void receiver_report(std::uint32_t ssrc, std::span<const ReportBlock> blocks);
  /// `cname` is cut at 255 bytes.
  void source_description(std::uint32_t ssrc, std::string_view cname);
  void bye(std::uint32_t ssrc, std::string_view reason = {});
  void feedback(const Feedback& feedback);

  std::span<const std::byte> written() const { return out_.failed() ? std::span<const std::byte>{} : out_.written(); }

 private:
  void header(std::size_t count, std::uint8_t packet_type, std::size_t body_size);
  void block(const ReportBlock& block);

  ByteWriter out_;
};

}  // namespace parley::rtp
