// What is known of a stream from its packets: sequence, loss and jitter (RFC 3550 appendix A).
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "protocol/rtp/packet.hpp"
#include "protocol/rtp/rtcp.hpp"

namespace parley::rtp {

/// One source as its receiver sees it. Loss and sequence follow appendices A.1 and A.3, jitter A.8.
/// Constant memory; a packet costs a few additions.
class ReceiverStatistics {
 public:
  struct Config {
    std::uint32_t clock_rate = 8000;
    /// Packets in sequence before a source is believed. 1 believes the first one.
    int min_sequential = 2;
  };
  enum class Verdict : std::uint8_t {
    valid,      // counted
    probation,  // not yet enough packets in sequence
    bad_jump,   // too far from the rest: counted only if the next one follows it
    restarted,  // that next one: the source began anew, count from here
  };

  explicit ReceiverStatistics(Config config) : config_{config} {}

  /// `arrival` is best the kernel's receive time: our own queueing is not the network's jitter.
  Verdict receive(SequenceNumber sequence, RtpTimestamp timestamp, TimePoint arrival);

  bool validated() const { return validated_; }
  std::uint32_t extended_highest_sequence() const { return cycles_ + highest_.value(); }
  std::uint64_t packets_received() const { return received_; }
  std::uint64_t packets_expected() const;
  /// Clamped to 24 bits; negative when duplicates outnumber losses.
  std::int32_t cumulative_lost() const;
  std::uint32_t jitter_ticks() const { return static_cast<std::uint32_t>(jitter_); }
  Duration jitter() const;

  /// The block for the next report. Begins a new interval for the fraction lost.
  ReportBlock take_report(std::uint32_t ssrc);

 private:
  void begin(SequenceNumber sequence);
  void update_jitter(RtpTimestamp timestamp, TimePoint arrival);

  Config config_;
  bool started_ = false;
  bool validated_ = false;
  int still_needed_ = 0;
  SequenceNumber highest_;
  std::uint32_t cycles_ = 0;
  std::uint32_t base_ = 0;
  std::optional<SequenceNumber> after_jump_;
  std::uint64_t received_ = 0;
  std::uint64_t expected_before_ = 0;
  std::uint64_t received_before_ = 0;
  struct Transit {
    RtpTimestamp timestamp;
    TimePoint arrival;
  };
  std::optional<Transit> last_;
  double jitter_ = 0;
};

/// What a sender report says of us.
class SenderStatistics {
 public:
  void sent(std::size_t payload_octets) {
    ++packets_;
    octets_ += static_cast<std::uint32_t>(payload_octets);
  }
  std::uint32_t packets() const { return packets_; }
  std::uint32_t octets() const { return octets_; }

 private:
  std::uint32_t packets_ = 0;
  std::uint32_t octets_ = 0;  // both wrap, as their fields do
};

/// The network's part of the time from our SR to the report that answers it (RFC 3550 §6.4.1).
/// Nothing when the block echoes no SR of ours or its numbers cannot be: a round trip below zero
/// or above 30 s is a stranger's arithmetic.
std::optional<Duration> round_trip(const ReportBlock& block, NtpTime arrival);

/// `delay` in the unit of DLSR, 1/65536 s.
std::uint32_t to_dlsr(Duration delay);

}  // namespace parley::rtp
