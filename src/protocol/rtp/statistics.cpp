#include "protocol/rtp/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace parley::rtp {
namespace {

// Appendix A.1's own figures.
constexpr std::uint16_t max_dropout = 3000;
constexpr std::uint16_t max_misorder = 100;

}  // namespace

void ReceiverStatistics::begin(SequenceNumber sequence) {
  highest_ = sequence;
  base_ = sequence.value();
  cycles_ = 0;
  after_jump_.reset();
  received_ = expected_before_ = received_before_ = 0;
  last_.reset();
}

ReceiverStatistics::Verdict ReceiverStatistics::receive(SequenceNumber sequence, RtpTimestamp timestamp,
                                                        TimePoint arrival) {
  auto verdict = Verdict::valid;
  if (!validated_) {
    const bool follows = started_ && sequence == highest_.next();
    still_needed_ = (follows ? still_needed_ : config_.min_sequential) - 1;
    started_ = true;
    highest_ = sequence;
    if (still_needed_ > 0) return Verdict::probation;
    validated_ = true;
    begin(sequence);
  } else {
    const auto ahead = static_cast<std::uint16_t>(sequence.value() - highest_.value());
    if (ahead < max_dropout) {
      if (sequence.value() < highest_.value()) cycles_ += 1u << 16;
      highest_ = sequence;
      after_jump_.reset();
    } else if (ahead <= 0xFFFF - max_misorder) {
      if (after_jump_ != sequence) {
        after_jump_ = sequence.next();
        return Verdict::bad_jump;
      }
      begin(sequence);
      verdict = Verdict::restarted;
    }  // else late or a duplicate: received, but nothing new is expected
  }
  ++received_;
  update_jitter(timestamp, arrival);
  return verdict;
}

void ReceiverStatistics::update_jitter(RtpTimestamp timestamp, TimePoint arrival) {
  if (last_) {
    const auto ticks = distance(last_->timestamp, timestamp);
    // Packets of one timestamp (a key's updates) left at different times: they say nothing of the
    // net.
    if (ticks == 0) return;
    const std::chrono::duration<double> passed = arrival - last_->arrival;
    const double difference = passed.count() * config_.clock_rate - ticks;
    // A pause (silence suppression, hold) or a new timeline is not jitter.
    if (std::abs(difference) < config_.clock_rate * 2.0) jitter_ += (std::abs(difference) - jitter_) / 16;
  }
  last_ = Transit{timestamp, arrival};
}

std::uint64_t ReceiverStatistics::packets_expected() const {
  return validated_ ? std::uint64_t{extended_highest_sequence()} - base_ + 1 : 0;
}

std::int32_t ReceiverStatistics::cumulative_lost() const {
  const auto lost = static_cast<std::int64_t>(packets_expected()) - static_cast<std::int64_t>(received_);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(lost, -0x800000, 0x7FFFFF));
}

Duration ReceiverStatistics::jitter() const {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{jitter_ / config_.clock_rate});
}

ReportBlock ReceiverStatistics::take_report(std::uint32_t ssrc) {
  const auto expected_now = packets_expected();
  const auto expected = static_cast<std::int64_t>(expected_now - expected_before_);
  const auto received = static_cast<std::int64_t>(received_ - received_before_);
  expected_before_ = expected_now;
  received_before_ = received_;
  const auto lost = expected - received;

  ReportBlock block;
  block.ssrc = ssrc;
  if (expected > 0 && lost > 0)
    block.fraction_lost = static_cast<std::uint8_t>(std::min<std::int64_t>(lost * 256 / expected, 255));
  block.cumulative_lost = cumulative_lost();
  block.extended_highest_sequence = extended_highest_sequence();
  block.jitter = jitter_ticks();
  return block;
}

std::optional<Duration> round_trip(const ReportBlock& block, NtpTime arrival) {
  if (block.last_sr == 0) return std::nullopt;
  const auto units = static_cast<std::int32_t>(arrival.middle() - block.last_sr - block.delay_since_last_sr);
  if (units > 30 * 65536) return std::nullopt;
  // On loopback the two clocks' rounding can make it a unit or two negative.
  if (units < -2) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{std::max(units, 0) * 1'000'000'000LL / 65536});
}

std::uint32_t to_dlsr(Duration delay) {
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(std::clamp<Duration>(delay, 0s, 65535s)).count();
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(ns) * 65536 / 1'000'000'000);
}

}  // namespace parley::rtp
