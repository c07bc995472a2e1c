// Transport-wide congestion control: which packets arrived, and when, as feedback to their sender
// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "protocol/rtp/rtcp.hpp"

namespace parley::rtp {

constexpr std::uint8_t format_transport_cc = 15;  // of a transport layer feedback packet

/// Keeps when the peer's last packets arrived and tells the peer about them every 100 ms, while any
/// arrive. Constant memory, no allocation; a packet costs a few nanoseconds.
///
/// A packet that comes after it was reported missing is reported once more, with all that follow it.
class TransportFeedback {
 public:
  static constexpr std::size_t window = 256;  // packets remembered: more than two seconds of audio
  static constexpr Duration interval = 100ms;

  struct Config {
    std::string cname;  // that of the session: a compound packet names its sender (RFC 4585 §3.1)
    ReducedSize reduced_size = ReducedSize::no;
  };
  TransportFeedback(Config config, TimePoint now);

  /// A packet of `media_ssrc` with its transport-wide sequence number.
  void receive(std::uint16_t sequence, std::uint32_t media_ssrc, TimePoint arrival);
  void advance(TimePoint now);
  /// A whole RTCP packet from `sender_ssrc`, valid until the next call: behind an empty receiver
  /// report and the CNAME, unless reduced size was agreed.
  std::optional<std::span<const std::byte>> poll(std::uint32_t sender_ssrc);
  TimePoint deadline() const { return report_at_; }

 private:
  using Ticks = std::int64_t;  // 250 µs since start_
  static constexpr Ticks absent = -1;
  struct Statuses;

  Ticks& slot(std::int64_t sequence) { return arrivals_[static_cast<std::size_t>(sequence) % window]; }
  Statuses take_statuses();

  Config config_;
  TimePoint start_;
  std::array<Ticks, window> arrivals_;
  bool started_ = false;
  std::int64_t next_ = 0;     // the first sequence number, unwrapped, that was not reported yet
  std::int64_t highest_ = 0;  // the latest that arrived
  std::uint32_t media_ssrc_ = 0;
  std::uint8_t count_ = 0;
  TimePoint report_at_ = TimePoint::max();
  bool due_ = false;
  std::array<std::byte, 1024> buffer_;
};

/// The control information of one feedback packet, checked as a whole, read without failing.
class TransportFeedbackReader {
 public:
  enum class Error : std::uint8_t {
    truncated,   // chunks or deltas go past the end
    bad_status,  // the reserved symbol
  };
  struct Status {
    std::uint16_t sequence = 0;
    std::optional<std::chrono::microseconds> arrival;  // since reference_time(); nothing: lost
  };

  static Result<TransportFeedbackReader, Error> parse(std::span<const std::byte> control_information);

  std::uint16_t base_sequence() const { return base_; }
  std::uint16_t status_count() const { return count_; }
  /// On the peer's own clock; 24 bits of 64 ms, sign-extended.
  std::chrono::milliseconds reference_time() const { return reference_; }
  std::uint8_t feedback_count() const { return feedback_count_; }
  /// The packets in order, then nothing.
  std::optional<Status> next();

 private:
  TransportFeedbackReader() = default;
  std::uint8_t next_symbol();

  std::uint16_t base_ = 0, count_ = 0;
  std::chrono::milliseconds reference_{};
  std::uint8_t feedback_count_ = 0;
  ByteReader chunks_{{}}, deltas_{{}};
  std::uint16_t chunk_ = 0;
  unsigned left_in_chunk_ = 0;
  std::uint16_t seen_ = 0;
  std::chrono::microseconds arrival_{};
};

}  // namespace parley::rtp
