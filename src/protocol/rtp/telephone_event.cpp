#include "protocol/rtp/telephone_event.hpp"

#include <algorithm>
#include <string_view>

#include "base/assert.hpp"

namespace parley::rtp {
namespace {

constexpr std::string_view keys = "0123456789*#ABCD";
constexpr std::uint8_t end_bit = 0x80;
constexpr std::uint8_t volume = 10;  // −10 dBm0
constexpr std::uint32_t longest_segment = 0xFFFF;
constexpr std::size_t max_waiting = 64;

/// Beyond this, a packet about an older key is no late packet but another timeline's.
constexpr auto memory = 2s;

}  // namespace

std::optional<std::uint8_t> event_of(char key) {
  if (key >= 'a' && key <= 'd') key = static_cast<char>(key - 'a' + 'A');
  const auto at = keys.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(at);
}

std::optional<char> key_of(std::uint8_t event) {
  if (event > last_dtmf_event) return std::nullopt;
  return keys[event];
}

//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |     event     |E|R| volume    |          duration             |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// Several may follow one another in a packet: each begins where the one before it ended.
void TelephoneEventReceiver::receive(const Packet& packet, TimePoint arrival) {
  if (packet.payload.size() < 4) {
    ++malformed_;
    return;
  }
  ByteReader in{packet.payload};
  auto timestamp = packet.timestamp;
  for (std::size_t i = 0; i < max_events_in_packet && in.rest().size() >= 4; ++i) {
    const auto event = in.u8();
    const auto flags = in.u8();
    const auto duration = in.u16();
    handle({event, (flags & end_bit) != 0, duration, timestamp, packet.marker && i == 0}, arrival);
    timestamp += duration;
  }
}

void TelephoneEventReceiver::handle(const Report& report, TimePoint arrival) {
  if (report.event > flash_event) {
    ++ignored_;
    return;
  }
  const auto relation = relate(report, arrival);
  switch (relation) {
    case Relation::stale: ++ignored_; return;
    case Relation::update: update(report, arrival); return;
    case Relation::continuation:
      key_->earlier_segments += report.timestamp.ticks() - key_->segment.ticks();
      key_->segment = report.timestamp;
      key_->duration = 0;
      update(report, arrival);
      return;
    case Relation::news: break;
  }
  release();  // its end packets were lost, all three
  auto begun = key_ && key_->segment == report.timestamp ? key_->begun : decltype(Key::begun){};
  begun.set(report.event);
  key_ = Key{report.event, report.timestamp, 0, 0, false, arrival, begun};
  emit(Pressed{report.event, report.timestamp});
  update(report, arrival);
}

TelephoneEventReceiver::Relation TelephoneEventReceiver::relate(const Report& report, TimePoint arrival) const {
  if (!key_) return Relation::news;
  const auto ahead = std::int64_t{distance(key_->segment, report.timestamp)};
  const bool same = key_->event == report.event;
  // However late: some send nothing between the first packet of a key and its end.
  if (ahead == 0 && same && !report.marker && report.duration > key_->duration) return Relation::update;
  if (arrival - key_->heard_at > memory) return Relation::news;
  if (ahead == 0) {
    if (same) return Relation::update;
    return key_->begun.test(report.event) ? Relation::stale : Relation::news;
  }
  if (ahead < 0) return ahead < -std::int64_t{config_.clock_rate} * memory.count() ? Relation::news : Relation::stale;
  if (!same || report.marker) return Relation::news;
  // The same key without a marker: a further segment of a long one (§2.5.1.3), or one of the
  // gateways that move the timestamp with every update. A new press would begin after a gap.
  if (key_->ended) return ahead < key_->duration ? Relation::stale : Relation::news;
  const auto slack = std::int64_t{config_.clock_rate / 50};
  return ahead <= key_->duration + slack || ahead == longest_segment ? Relation::continuation : Relation::news;
}

void TelephoneEventReceiver::update(const Report& report, TimePoint arrival) {
  key_->heard_at = arrival;
  key_->duration = std::max(key_->duration, report.duration);
  if (report.end) release();
}

void TelephoneEventReceiver::release() {
  if (!key_ || key_->ended) return;
  key_->ended = true;
  const auto ticks = std::int64_t{key_->earlier_segments} + key_->duration;
  emit(Released{key_->event, std::chrono::duration_cast<Duration>(
                                 std::chrono::nanoseconds{ticks * 1'000'000'000 / config_.clock_rate})});
}

void TelephoneEventReceiver::advance(TimePoint now) {
  if (now >= deadline()) release();
}

void TelephoneEventReceiver::reset() {
  release();
  key_.reset();
}

TimePoint TelephoneEventReceiver::deadline() const {
  return key_ && !key_->ended ? key_->heard_at + config_.lost_end_after : TimePoint::max();
}

void TelephoneEventReceiver::emit(Output output) {
  if (size_ == outputs_.size()) return;  // only when the caller does not drain
  outputs_[(head_ + size_++) % outputs_.size()] = output;
}

std::optional<TelephoneEventReceiver::Output> TelephoneEventReceiver::poll() {
  if (size_ == 0) return std::nullopt;
  const auto output = outputs_[head_];
  head_ = (head_ + 1) % outputs_.size();
  --size_;
  return output;
}

TelephoneEventSender::TelephoneEventSender(Config config) : config_{config} {
  PARLEY_ASSERT(config_.clock_rate > 0 && config_.packet_time > Duration::zero());
  config_.gap = std::max<Duration>(config_.gap, 40ms);
}

std::uint32_t TelephoneEventSender::to_ticks(Duration duration) const {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return static_cast<std::uint32_t>(us * config_.clock_rate / 1'000'000);
}

bool TelephoneEventSender::press(std::uint8_t event, Duration length) {
  if (waiting_.size() == max_waiting) return false;
  waiting_.push_back({event, to_ticks(std::clamp<Duration>(length, 40ms, 60s))});
  return true;
}

std::optional<TelephoneEventSender::EventPacket> TelephoneEventSender::next(RtpTimestamp now) {
  switch (phase_) {
    case Phase::sounding: return sound(now, false);
    case Phase::ending: {
      const auto again = packet(false, true, key_.ticks - segment_offset_);
      if (--ends_left_ == 0) phase_ = Phase::gap;
      return again;
    }
    case Phase::gap:
      if (distance(begin_ + key_.ticks + to_ticks(config_.gap), now) < 0) return std::nullopt;
      phase_ = Phase::idle;
      break;
    case Phase::idle: break;
  }
  if (waiting_.empty()) return std::nullopt;
  key_ = waiting_.front();
  waiting_.pop_front();
  begin_ = now;
  segment_offset_ = 0;
  phase_ = Phase::sounding;
  return sound(now, true);
}

TelephoneEventSender::EventPacket TelephoneEventSender::sound(RtpTimestamp now, bool marker) {
  const auto passed = now.ticks() - begin_.ticks() + to_ticks(config_.packet_time);
  const auto total = std::min(passed, key_.ticks);
  if (total - segment_offset_ > longest_segment) {
    const auto last_of_segment = packet(marker, false, longest_segment);
    segment_offset_ += longest_segment;
    return last_of_segment;
  }
  const bool end = total == key_.ticks;
  if (end) {
    phase_ = Phase::ending;
    ends_left_ = 2;
  }
  return packet(marker, end, total - segment_offset_);
}

TelephoneEventSender::EventPacket TelephoneEventSender::packet(bool marker, bool end, std::uint32_t duration) const {
  EventPacket packet{marker, begin_ + segment_offset_, {}};
  ByteWriter out{packet.payload};
  out.u8(key_.event);
  out.u8(static_cast<std::uint8_t>((end ? end_bit : 0) | volume));
  out.u16(static_cast<std::uint16_t>(duration));
  return packet;
}

}  // namespace parley::rtp
