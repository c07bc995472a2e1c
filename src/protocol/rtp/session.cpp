#include "protocol/rtp/session.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "protocol/rtp/transport_cc.hpp"

namespace parley::rtp {
namespace {

constexpr Duration report_interval = 5s;  // RFC 3550 §6.2's minimum

}  // namespace

Session::Session(Config config, Random random, TimePoint now)
    : config_{std::move(config)},
      random_{std::move(random)},
      start_{now},
      now_{now},
      rtp_source_{config_.latching},
      rtcp_source_{config_.latching} {
  PARLEY_ASSERT(config_.clock_rate > 0);
  payload_types_.set();
  choose_ssrc();
  // Random beginnings make it harder to guess an encrypted payload (§5.1).
  sequence_ = SequenceNumber{random_.u16()};
  timestamp_ = RtpTimestamp{random_.u32()};
  schedule_report(now, report_interval / 2);
}

void Session::choose_ssrc() {
  const auto old = ssrc_;
  do ssrc_ = random_.u32();
  while (ssrc_ == old || remote_ssrc() == ssrc_);
}

void Session::schedule_report(TimePoint now, Duration interval) {
  const double factor = 0.5 + random_.unit();
  report_at_ = now + std::chrono::duration_cast<Duration>(interval * factor);
}

void Session::negotiate(const Remote& remote) {
  rtp_source_.negotiate(remote.rtp, remote.renegotiated);
  auto rtcp = remote.rtcp;
  if (!rtcp && remote.rtp && remote.rtp->port < 65535)
    rtcp = Endpoint{remote.rtp->address, static_cast<std::uint16_t>(remote.rtp->port + 1)};
  rtcp_source_.negotiate(rtcp, remote.renegotiated);
  payload_types_ = remote.payload_types;
}

std::optional<std::uint32_t> Session::remote_ssrc() const {
  if (!source_) return std::nullopt;
  return source_->ssrc;
}

Result<std::span<const std::byte>, EncodeError> Session::encode(const Outgoing& media, TimePoint now,
                                                                std::span<std::byte> buffer) {
  Packet packet;
  packet.marker = std::exchange(talkspurt_begins_, false);
  packet.payload_type = media.payload_type;
  packet.sequence = sequence_;
  packet.timestamp = timestamp_;
  packet.ssrc = ssrc_;
  packet.extension = media.extension;
  packet.payload = media.payload;
  last_sent_ = Sent{timestamp_, now};
  sequence_ = sequence_.next();
  timestamp_ += media.ticks;
  sent_.sent(media.payload.size());
  return rtp::encode(packet, buffer);
}

Result<std::span<const std::byte>, EncodeError> Session::encode(const TelephoneEventSender::EventPacket& event,
                                                                std::uint8_t payload_type, std::uint32_t ticks,
                                                                std::span<std::byte> buffer,
                                                                std::optional<HeaderExtension> extension) {
  Packet packet;
  packet.marker = event.marker;
  packet.payload_type = payload_type;
  packet.sequence = sequence_;
  packet.timestamp = event.timestamp;
  packet.ssrc = ssrc_;
  packet.extension = extension;
  packet.payload = event.payload;
  sequence_ = sequence_.next();
  timestamp_ += ticks;
  talkspurt_begins_ = true;
  sent_.sent(event.payload.size());
  return rtp::encode(packet, buffer);
}

void Session::pause(std::uint32_t ticks) {
  timestamp_ += ticks;
  talkspurt_begins_ = true;
}

Session::Received Session::drop(DropReason reason) {
  ++drops_[static_cast<std::size_t>(reason)];
  return Dropped{reason};
}

Session::Received Session::receive(std::span<const std::byte> datagram, const Endpoint& from, TimePoint arrival) {
  now_ = std::max(now_, arrival);
  const auto packet = parse(datagram);
  if (!packet) {
    switch (packet.error()) {
      case ParseError::truncated: return drop(DropReason::truncated);
      case ParseError::bad_version: return drop(DropReason::bad_version);
      case ParseError::bad_padding: return drop(DropReason::bad_padding);
      case ParseError::rtcp: break;
    }
    // RTCP has weaker marks of validity than a media packet: it may use the address, not choose it.
    const bool known = config_.latching.mode == Latching::Mode::authenticated || from == rtp_source_.destination() ||
                       from == rtcp_source_.destination();
    return known ? handle_rtcp(datagram, arrival) : drop(DropReason::wrong_source);
  }
  return handle_media(*packet, from, arrival);
}

Session::Received Session::handle_media(const Packet& packet, const Endpoint& from, TimePoint arrival) {
  if (!payload_types_.test(packet.payload_type)) return drop(DropReason::unknown_payload_type);
  if (!rtp_source_.acceptable(from, arrival)) {
    (void)rtp_source_.receive(from, arrival);  // counts it
    return drop(DropReason::wrong_source);
  }
  if (packet.ssrc == ssrc_ && !config_.accept_reflected) return own_ssrc_seen(from);

  bool new_source = false;
  if (!source_) {
    // The first source is believed at once: the address was checked, and waiting for a second
    // packet would cut the first syllable.
    source_ = Source{packet.ssrc, ReceiverStatistics{{config_.clock_rate, 1}}};
    new_source = true;
  } else if (source_->ssrc != packet.ssrc) {
    if (!candidate_ || candidate_->ssrc != packet.ssrc)
      candidate_ = Source{packet.ssrc, ReceiverStatistics{{config_.clock_rate, 2}}};
    const auto verdict = candidate_->statistics.receive(packet.sequence, packet.timestamp, arrival);
    if (verdict == ReceiverStatistics::Verdict::probation) return drop(DropReason::unknown_ssrc);
    source_ = std::exchange(candidate_, std::nullopt);
    return Media{packet, true, rtp_source_.receive(from, arrival) == Latching::Verdict::latched};
  }
  // While the known source speaks, a second one is a stray, not a successor.
  candidate_.reset();
  const auto verdict = source_->statistics.receive(packet.sequence, packet.timestamp, arrival);
  if (verdict == ReceiverStatistics::Verdict::bad_jump) return drop(DropReason::bad_sequence);
  if (verdict == ReceiverStatistics::Verdict::restarted) new_source = true;
  const bool latched = rtp_source_.receive(from, arrival) == Latching::Verdict::latched;
  return Media{packet, new_source, latched};
}

// §8.2 for two parties: the first time, the peer happens to have chosen our SSRC, and we take
// another one and say BYE for the old; if that follows us from the same address, it is an echo.
Session::Received Session::own_ssrc_seen(const Endpoint& from) {
  if (loop_from_ != from) {
    loop_from_ = from;
    if (last_sent_ || rtcp_sent_) bye_due_ = ssrc_;
    choose_ssrc();
  }
  return drop(DropReason::loop);
}

Session::Received Session::receive_rtcp(std::span<const std::byte> datagram, const Endpoint& from, TimePoint arrival) {
  now_ = std::max(now_, arrival);
  if (!Compound::parse(datagram, config_.reduced_size)) return drop(DropReason::bad_rtcp);
  // A NAT may change the port, hardly the address: a stranger's is not worth latching.
  const auto& media = rtp_source_.destination();
  if (config_.latching.mode == Latching::Mode::symmetric && media && from.address != media->address &&
      from != rtcp_source_.destination())
    return drop(DropReason::wrong_source);
  if (rtcp_source_.receive(from, arrival) == Latching::Verdict::rejected) return drop(DropReason::wrong_source);
  return handle_rtcp(datagram, arrival);
}

Session::Received Session::handle_rtcp(std::span<const std::byte> datagram, TimePoint arrival) {
  auto compound = Compound::parse(datagram, config_.reduced_size);
  if (!compound) return drop(DropReason::bad_rtcp);
  Rtcp result{false};
  while (const auto packet = compound->next()) {
    if (const auto* report = std::get_if<SenderReport>(&*packet)) {
      last_sr_ = SenderReportSeen{report->ssrc, report->info.ntp.middle(), arrival};
      handle_report(report->blocks, arrival);
    } else if (const auto* receiver_report = std::get_if<ReceiverReport>(&*packet)) {
      handle_report(receiver_report->blocks, arrival);
    } else if (const auto* bye = std::get_if<Bye>(&*packet); bye && source_ && bye->names(source_->ssrc)) {
      // Some peers say it at each change of SSRC, hold included: whoever speaks next is the source.
      source_.reset();
      candidate_.reset();
      result.bye = true;
    } else if (const auto* feedback = std::get_if<Feedback>(&*packet)) {
      const bool transport_cc =
          feedback->layer == Feedback::Layer::transport && feedback->format == format_transport_cc;
      ++(feedback->is_nack() ? feedback_.nack : transport_cc ? feedback_.transport_cc : feedback_.other);
    }
  }
  return result;
}

void Session::handle_report(const ReportBlocks& blocks, TimePoint arrival) {
  const auto block = blocks.find(ssrc_);
  if (!block) return;
  about_us_ = block;
  if (const auto trip = rtp::round_trip(*block, ntp(arrival))) round_trip_ = trip;
}

NtpTime Session::ntp(TimePoint at) const {
  return NtpTime::from(config_.wall_now + std::chrono::duration_cast<WallTime::duration>(at - start_));
}

void Session::advance(TimePoint now) {
  now_ = std::max(now_, now);
  if (now < deadline()) return;
  report_due_ = true;
  schedule_report(now, report_interval);
}

void Session::end(TimePoint now) {
  if (ended_) return;
  now_ = std::max(now_, now);
  ended_ = true;
  report_due_ = false;
  bye_due_.reset();
  // §6.3.7: who never sent anything takes no leave.
  if (sent_.packets() > 0 || rtcp_sent_) bye_due_ = ssrc_;
}

TimePoint Session::deadline() const { return config_.rtcp && !ended_ ? report_at_ : TimePoint::max(); }

std::optional<Endpoint> Session::rtcp_destination() const {
  return config_.rtcp_mux ? rtp_source_.destination() : rtcp_source_.destination();
}

std::optional<Session::Output> Session::poll() {
  const auto to = rtcp_destination();
  if (!config_.rtcp || !to) {
    report_due_ = false;
    bye_due_.reset();
    return std::nullopt;
  }
  if (bye_due_) {
    const auto leaving = *std::exchange(bye_due_, std::nullopt);
    return SendRtcp{build_report(true, leaving), *to};
  }
  if (!report_due_) return std::nullopt;
  report_due_ = false;
  return SendRtcp{build_report(false, ssrc_), *to};
}

std::span<const std::byte> Session::build_report(bool bye, std::uint32_t ssrc) {
  std::array<ReportBlock, 1> block;
  std::size_t blocks = 0;
  if (source_ && source_->statistics.validated()) {
    block[0] = source_->statistics.take_report(source_->ssrc);
    if (last_sr_ && last_sr_->ssrc == source_->ssrc) {
      block[0].last_sr = last_sr_->middle;
      block[0].delay_since_last_sr = to_dlsr(now_ - last_sr_->arrival);
    }
    blocks = 1;
  }
  CompoundWriter writer{rtcp_buffer_};
  const std::span about{block.data(), blocks};
  // A sender is who sent since its last report but one (§6.4); one interval is near enough.
  if (last_sent_ && sent_.packets() != packets_at_last_report_) {
    const auto since = std::chrono::duration<double>(now_ - last_sent_->at).count() * config_.clock_rate;
    const SenderInfo info{
        ntp(now_), (last_sent_->timestamp + static_cast<std::uint32_t>(static_cast<std::int64_t>(since))).ticks(),
        sent_.packets(), sent_.octets()};
    writer.sender_report(ssrc, info, about);
  } else {
    writer.receiver_report(ssrc, about);
  }
  packets_at_last_report_ = sent_.packets();
  writer.source_description(ssrc, config_.cname);
  if (bye) writer.bye(ssrc);
  rtcp_sent_ = true;
  PARLEY_ASSERT(!writer.written().empty());  // at most 52 + 268 + 8 bytes
  return writer.written();
}

Session::Quality Session::quality() const {
  Quality quality;
  if (about_us_) {
    quality.remote_loss = about_us_->fraction_lost / 256.0;
    quality.remote_jitter = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>{static_cast<double>(about_us_->jitter) / config_.clock_rate});
  }
  if (!source_) return quality;
  const auto& statistics = source_->statistics;
  quality.packets_received = statistics.packets_received();
  quality.lost = statistics.cumulative_lost();
  quality.jitter = statistics.jitter();
  const auto expected = static_cast<double>(std::max<std::uint64_t>(statistics.packets_expected(), 1));
  quality.mos = mos(transmission_rating({.loss = std::max(quality.lost, 0) / expected,
                                         .jitter = quality.jitter,
                                         .round_trip = round_trip_.value_or(Duration::zero()),
                                         .codec = config_.codec}));
  return quality;
}

}  // namespace parley::rtp
