#include "audio/jitter_buffer.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace parley::audio {
namespace {

constexpr std::int32_t max_dropout = 3'000;  // RFC 3550 appendix A.1
constexpr std::int32_t max_misorder = 100;
// A transit so far from the best one is no jitter: the sender's timestamps jumped, or stood still
// in a hold.
constexpr Duration max_transit_change = 2s;

constexpr std::size_t playout_ms = 250;  // a packet of 120 ms, what was there before it, and what stretching adds

}  // namespace

JitterBuffer::JitterBuffer(const Config& config, std::unique_ptr<Decoder> decoder)
    : config_{config},
      decoder_{std::move(decoder)},
      store_{config.slots, config.max_payload},
      estimator_{config.initial_delay, config.min_delay, config.max_delay},
      playout_{config.rate, hertz(config.rate) / 1000 * playout_ms},
      gap_samples_{hertz(config.rate) / 1000 * 60},
      concealed_run_{gap_samples_} {
  PARLEY_ASSERT(config.slots > 1 && config.rtp_clock > 0 && decoder_ != nullptr);
}

// --- arriving ---

JitterBuffer::Arrival JitterBuffer::push(const Packet& packet) {
  ++statistics_.received;
  if (!store_.fits(packet.payload.size()) || decoder_->duration(packet.payload) == 0) {
    ++statistics_.malformed;
    return Arrival::malformed;
  }
  if (!started_) {
    start_with(packet);
    return Arrival::kept;
  }
  const auto steps = static_cast<std::int16_t>(packet.sequence - static_cast<std::uint16_t>(newest_sequence_));
  const auto ticks = static_cast<std::int32_t>(packet.timestamp - static_cast<std::uint32_t>(newest_ticks_));
  const std::int64_t position = samples_of(newest_ticks_ + ticks);
  const Duration transit = packet.arrival.time_since_epoch() - duration_of(position);

  const bool stray = steps > max_dropout || steps < -max_misorder;
  if (stray && stray_sequence_ != packet.sequence) {
    stray_sequence_ = static_cast<std::uint16_t>(packet.sequence + 1);
    return Arrival::stray;
  }
  if (stray || std::chrono::abs(transit - estimator_.best_transit()) > max_transit_change) {
    ++statistics_.restarts;
    start_with(packet);
    return Arrival::restarted;
  }
  stray_sequence_.reset();
  const std::int64_t sequence = newest_sequence_ + steps;
  if (steps > 0) {
    newest_sequence_ = sequence;
    newest_ticks_ += ticks;
  }
  return keep(packet, sequence, position);
}

void JitterBuffer::start_with(const Packet& packet) {
  store_.clear();
  estimator_.reset();
  stray_sequence_.reset();
  started_ = true;
  anchored_ = false;
  newest_sequence_ = packet.sequence;
  newest_ticks_ = packet.timestamp;
  played_sequence_ = newest_sequence_ - 1;
  played_history_ = 0;
  keep(packet, newest_sequence_, samples_of(newest_ticks_));
}

JitterBuffer::Arrival JitterBuffer::keep(const Packet& packet, std::int64_t sequence, std::int64_t position) {
  if (sequence <= played_sequence_ && anchored_) {
    if (was_played(sequence)) {
      ++statistics_.duplicates;
      return Arrival::duplicate;
    }
    estimator_.arrived(packet.arrival, duration_of(position));
    ++statistics_.late;
    return Arrival::late;
  }
  if (!anchored_) played_sequence_ = std::min(played_sequence_, sequence - 1);
  if (store_.full()) {
    ++statistics_.overflowed;
    store_.pop_front();
  }
  if (!store_.insert(sequence, position, packet.payload)) {
    ++statistics_.duplicates;
    return Arrival::duplicate;
  }
  estimator_.arrived(packet.arrival, duration_of(position));
  return Arrival::kept;
}

void JitterBuffer::skip(std::uint16_t number) {
  if (!started_) return;
  const auto steps = static_cast<std::int16_t>(number - static_cast<std::uint16_t>(newest_sequence_));
  const std::int64_t sequence = newest_sequence_ + steps;
  if (steps > max_dropout || steps < -max_misorder || sequence <= played_sequence_ || store_.full()) return;
  newest_sequence_ = std::max(newest_sequence_, sequence);
  store_.insert(sequence, samples_of(newest_ticks_), {});  // false for one that is here already: as well
}

bool JitterBuffer::was_played(std::int64_t sequence) const {
  const std::int64_t age = played_sequence_ - sequence;
  return age < 64 && (played_history_ >> age & 1) != 0;
}

// --- playing ---

JitterBuffer::Content JitterBuffer::pop(Frame& frame, TimePoint now) {
  PARLEY_ASSERT(frame.rate() == config_.rate);
  if (!started_) {
    frame.silence();
    return Content::silence;
  }
  if (!anchored_) anchor(now);
  catch_up(now);
  refill(frame_size(config_.rate), now);
  // More than a frame only to be able to take a piece out, and only what is there without a guess.
  while (playout_.samples().size() < playout_.wanted() && !store_.empty() && !store_.front().payload.empty() &&
         store_.front().position == decode_position_)
    decode(store_.front());
  playout_.steer(delay(now) - estimator_.target());
  playout_.pop(frame);
  const Duration after = delay(now) + frame_duration;  // pop() took a frame; none of it is played yet
  statistics_.delay = std::chrono::duration_cast<std::chrono::milliseconds>(after);
  if (concealed_run_ == 0) return Content::audio;
  return in_gap() ? Content::silence : Content::concealed;
}

/// Decides when the first packet is played: at the target delay, counted from its arrival.
void JitterBuffer::anchor(TimePoint now) {
  anchored_ = true;
  const StoredPacket first = store_.front();
  const Duration waited = now.time_since_epoch() - duration_of(first.position) - estimator_.best_transit();
  // What still waits from before a restart is played in the meantime.
  const std::int64_t wait =
      samples_of(waited - estimator_.target()) + static_cast<std::int64_t>(playout_.samples().size());
  decode_position_ = first.position + std::min<std::int64_t>(wait, 0);
}

/// After a stall so long that the largest delay cannot hold what came, the oldest is given up.
void JitterBuffer::catch_up(TimePoint now) {
  const Duration most = config_.max_delay + 2 * frame_duration;
  if (store_.size() < 2 || delay(now) <= most) return;
  while (store_.size() > 1 &&
         now.time_since_epoch() - duration_of(store_.front().position) - estimator_.best_transit() > most) {
    ++statistics_.overflowed;
    store_.pop_front();
  }
  const Duration before = delay(now);
  conceal(blend_samples());  // a bridge for the ear: the next packet is blended out of it
  decode_position_ = std::max(decode_position_, store_.front().position);
  playout_.shifted(delay(now) - before);
}

/// Decodes or conceals until `wanted` samples can be played.
void JitterBuffer::refill(std::size_t wanted, TimePoint now) {
  const auto lacking = [&] { return wanted - std::min(wanted, playout_.samples().size()); };
  while (lacking() > 0) {
    if (store_.empty()) {
      conceal(lacking());
      continue;
    }
    const StoredPacket next = store_.front();
    if (next.payload.empty()) {
      advance_to(next.sequence);
      store_.pop_front();
      continue;
    }
    if (!align(next, now)) continue;
    const auto hole = static_cast<std::size_t>(next.position - decode_position_);
    if (hole == 0) decode(next);
    else bridge(next, hole, lacking());
  }
}

/// Where `next` does not lie at the end of what was played: moves our place in the sender's time,
/// as far as nobody hears it. False when the packet came too late to be worth it, and is gone.
bool JitterBuffer::align(const StoredPacket& next, TimePoint now) {
  const std::int64_t hole = next.position - decode_position_;
  const Duration before = delay(now);
  if (hole < 0) {
    // It is late, but nothing that follows it has been played: it is not lost, the delay grows.
    if (before + duration_of(-hole) > config_.max_delay + frame_duration) {
      ++statistics_.late;
      store_.pop_front();
      return false;
    }
    decode_position_ = next.position;
  } else if (hole > 0 && in_gap()) {
    // In a silence between talkspurts the delay can be set right at no cost.
    const std::int64_t excess = samples_of(before - estimator_.target());
    if (excess <= 0) return true;
    decode_position_ += std::min(excess, hole);
    statistics_.accelerated_samples += static_cast<std::uint64_t>(std::min(excess, hole));
  } else {
    return true;
  }
  playout_.shifted(delay(now) - before);
  return true;
}

/// Fills (a part of) the hole before `next`, from its own FEC when it is one packet long.
void JitterBuffer::bridge(const StoredPacket& next, std::size_t hole, std::size_t wanted) {
  if (next.sequence == played_sequence_ + 2 && concealed_run_ == 0 && hole <= max_packet_samples(config_.rate) / 2) {
    if (decoder_->decode_fec(next.payload, playout_.samples().space(hole))) {
      playout_.samples().grow(hole);
      decode_position_ += static_cast<std::int64_t>(hole);
      statistics_.recovered_samples += hole;
      return;
    }
  }
  conceal(std::min(hole, wanted));
}

void JitterBuffer::conceal(std::size_t samples) {
  decoder_->conceal(playout_.samples().space(samples));
  playout_.samples().grow(samples);
  decode_position_ += static_cast<std::int64_t>(samples);
  if (!in_gap()) statistics_.concealed_samples += samples;
  concealed_run_ = std::min(concealed_run_ + samples, gap_samples_);
}

void JitterBuffer::decode(const StoredPacket& packet) {
  advance_to(packet.sequence);
  const auto space = playout_.samples().space(max_packet_samples(config_.rate));
  std::size_t samples = decoder_->decode(packet.payload, space);
  if (samples > 0) {
    concealed_run_ = 0;
  } else {  // its length was known, its content is broken: as if it were lost
    ++statistics_.malformed;
    samples = decoder_->duration(packet.payload);
    decoder_->conceal(space.first(samples));
    statistics_.concealed_samples += samples;
    concealed_run_ = std::min(concealed_run_ + samples, gap_samples_);
  }
  playout_.samples().grow(samples);
  decode_position_ += static_cast<std::int64_t>(samples);
  store_.pop_front();
}

/// All between the last packet played and this one did not come.
void JitterBuffer::advance_to(std::int64_t sequence) {
  const std::int64_t steps = sequence - played_sequence_;
  statistics_.lost += static_cast<std::uint64_t>(steps - 1);
  played_history_ = (steps < 64 ? played_history_ << steps : 0) | 1;
  played_sequence_ = sequence;
}

// --- the rest ---

void JitterBuffer::reset() {
  store_.clear();
  estimator_.reset();
  playout_.reset();
  decoder_->reset();
  started_ = false;
  anchored_ = false;
  stray_sequence_.reset();
  concealed_run_ = gap_samples_;
}

void JitterBuffer::replace_decoder(std::unique_ptr<Decoder> decoder, std::uint32_t rtp_clock) {
  PARLEY_ASSERT(decoder != nullptr && rtp_clock > 0);
  decoder_ = std::move(decoder);
  config_.rtp_clock = rtp_clock;
  reset();
}

JitterBuffer::Statistics JitterBuffer::statistics() const {
  Statistics now = statistics_;
  now.target = std::chrono::duration_cast<std::chrono::milliseconds>(estimator_.target());
  now.expanded_samples += playout_.expanded();
  now.accelerated_samples += playout_.accelerated();
  return now;
}

std::size_t JitterBuffer::blend_samples() const { return hertz(config_.rate) / 200; }

std::int64_t JitterBuffer::samples_of(std::int64_t ticks) const {
  return ticks * static_cast<std::int64_t>(hertz(config_.rate)) / static_cast<std::int64_t>(config_.rtp_clock);
}
std::int64_t JitterBuffer::samples_of(Duration duration) const {
  return duration / Duration{1'000'000'000 / static_cast<std::int64_t>(hertz(config_.rate))};
}
Duration JitterBuffer::duration_of(std::int64_t samples) const {
  return Duration{samples * (1'000'000'000 / static_cast<std::int64_t>(hertz(config_.rate)))};
}

/// From the earliest time at which the network could have brought it, to the playing of what comes
/// next.
Duration JitterBuffer::delay(TimePoint now) const {
  const auto next = decode_position_ - static_cast<std::int64_t>(playout_.samples().size());
  return now.time_since_epoch() - duration_of(next) - estimator_.best_transit();
}

}  // namespace parley::audio
