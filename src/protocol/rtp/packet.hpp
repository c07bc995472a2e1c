// RTP packets (RFC 3550 §5.1) and their header extensions (RFC 8285), seen through the datagram.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace parley::rtp {

/// RTP timestamp: counts the payload's clock, wraps at 2^32 (RFC 3550 §5.1). That clock is not
/// always the sample rate: G.722 is sampled at 16 kHz and counted at 8 kHz (RFC 3551 §4.5.2).
class RtpTimestamp {
 public:
  constexpr RtpTimestamp() = default;
  constexpr explicit RtpTimestamp(std::uint32_t ticks) : ticks_{ticks} {}
  constexpr std::uint32_t ticks() const { return ticks_; }
  constexpr RtpTimestamp operator+(std::uint32_t ticks) const { return RtpTimestamp{ticks_ + ticks}; }
  constexpr RtpTimestamp& operator+=(std::uint32_t ticks) { return *this = *this + ticks; }
  constexpr bool operator==(const RtpTimestamp&) const = default;
  // No operator<: order on a circle is not transitive (RFC 1982 §3.2), and std::map would trust it.

  /// Ticks from `a` to `b` the short way round; negative when `b` is the older one.
  friend constexpr std::int32_t distance(RtpTimestamp a, RtpTimestamp b) {
    return static_cast<std::int32_t>(b.ticks_ - a.ticks_);
  }

 private:
  std::uint32_t ticks_ = 0;
};

/// RTP sequence number: counts packets, wraps at 2^16.
class SequenceNumber {
 public:
  constexpr SequenceNumber() = default;
  constexpr explicit SequenceNumber(std::uint16_t value) : value_{value} {}
  constexpr std::uint16_t value() const { return value_; }
  constexpr SequenceNumber next() const { return SequenceNumber{static_cast<std::uint16_t>(value_ + 1)}; }
  constexpr bool operator==(const SequenceNumber&) const = default;

  /// Packets from `a` to `b` the short way round; negative when `b` is the older one.
  friend constexpr std::int16_t distance(SequenceNumber a, SequenceNumber b) {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(b.value_ - a.value_));
  }

 private:
  std::uint16_t value_ = 0;
};

enum class ParseError : std::uint8_t {
  truncated,    // a header, CSRC list or extension goes past the end
  bad_version,  // not RTP version 2: STUN, DTLS, or noise
  bad_padding,  // the count is zero or more than there is
  rtcp,         // an RTCP packet on a multiplexed port (RFC 5761 §4): see is_rtcp
};

enum class EncodeError : std::uint8_t { buffer_too_small };

constexpr std::size_t fixed_header_size = 12;

/// The header extension, not yet taken apart: walk it with ExtensionReader.
struct HeaderExtension {
  std::uint16_t profile = 0;        // 0xBEDE: one-byte form; 0x100x: two-byte form (RFC 8285 §4)
  std::span<const std::byte> data;  // whole 32-bit words
};

/// One RTP packet; everything in it views the datagram and is valid while those bytes are.
struct Packet {
  bool marker = false;
  std::uint8_t payload_type = 0;
  SequenceNumber sequence;
  RtpTimestamp timestamp;
  std::uint32_t ssrc = 0;
  std::span<const std::byte> csrcs;  // 4 bytes each, at most 15
  std::optional<HeaderExtension> extension;
  std::span<const std::byte> payload;  // without padding; may be empty
  std::span<const std::byte> padding;  // with its closing count; empty when there is none
};

/// Touches nothing outside `datagram`, allocates nothing.
Result<Packet, ParseError> parse(std::span<const std::byte> datagram);

/// Writes `packet` into `buffer` and returns what was written. The views in `packet` have the shape
/// that parse() gives them: whole words, at most 15 CSRCs, padding that ends with its size.
Result<std::span<const std::byte>, EncodeError> encode(const Packet& packet, std::span<std::byte> buffer);

/// Walks the elements of an RFC 8285 extension, skipping its padding. An unknown profile has none.
/// An element that goes past the end, and the reserved id 15 of the one-byte form, end the walk.
class ExtensionReader {
 public:
  struct Element {
    std::uint8_t id;
    std::span<const std::byte> data;
  };

  explicit ExtensionReader(const HeaderExtension& extension);
  std::optional<Element> next();

 private:
  enum class Form : std::uint8_t { one_byte, two_byte, other };
  Form form_;
  ByteReader in_;
};

/// Whether a datagram on a multiplexed port is RTCP: version 2 and a packet type of 192 to 223,
/// which no RTP payload type may look like (RFC 5761 §4).
bool is_rtcp(std::span<const std::byte> datagram);

}  // namespace parley::rtp
