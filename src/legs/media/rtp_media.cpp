#include "legs/media/rtp_media.hpp"

#include <algorithm>

#include "audio/level.hpp"

namespace parley::legs {
namespace {

constexpr std::size_t max_datagram = 1'500;
constexpr int silence_before_pause = 10;  // frames: decoders fade out on silence, not on nothing

audio::CodecSpec codec_spec(audio::CodecName codec, audio::Rate rate) {
  audio::CodecSpec spec;
  spec.name = codec;
  spec.rate = rate;
  return spec;
}

bool same_stream(const MediaParameters& a, const MediaParameters& b) {
  return a.codec == b.codec && a.ptime == b.ptime && a.telephone_event == b.telephone_event;
}

}  // namespace

RtpMedia::RtpMedia(Config config, std::unique_ptr<MediaPort> port, Random& random, TimePoint now)
    : config_{std::move(config)},
      port_{std::move(port)},
      random_{random},
      made_at_{now},
      silence_{config_.rate},
      watch_{now, config_.dead_after} {
  tick_ = static_cast<int>(random_.below(ticks_between_rtcp));
}

RtpMedia::~RtpMedia() = default;

void RtpMedia::configure(const MediaParameters& parameters, TimePoint now) {
  const bool first = !jitter_;
  const std::uint32_t clock = audio::rtp_clock(parameters.codec);
  if (first || clock != audio::rtp_clock(parameters_.codec)) {
    rtp::Session::Config session;
    session.cname = config_.cname;
    session.clock_rate = clock;
    session.rtcp_mux = parameters.rtcp_mux;
    session.wall_now = config_.wall_now + (now - made_at_);
    session_.emplace(std::move(session), Random::seeded(random_.u64()), now);
  }
  const auto spec = codec_spec(parameters.codec, config_.rate);
  if (first) {
    audio::JitterBuffer::Config jitter;
    jitter.rate = config_.rate;
    jitter.rtp_clock = clock;
    jitter_ = std::make_unique<audio::JitterBuffer>(jitter, audio::make_decoder(spec));
  } else if (parameters.codec != parameters_.codec) {
    jitter_->replace_decoder(audio::make_decoder(spec), clock);
  }
  if (first || !same_stream(parameters, parameters_)) {
    packetizer_.emplace(spec, parameters.ptime);
    packet_ticks_ = clock / 1'000 * static_cast<std::uint32_t>(packetizer_->ptime().count());
    expected_timestamp_ = 0;
    keys_in_.reset(), keys_out_.reset(), in_band_in_.reset(), in_band_out_.reset();
    if (parameters.telephone_event) {
      keys_in_.emplace(rtp::TelephoneEventReceiver::Config{.clock_rate = parameters.telephone_event->clock});
      keys_out_.emplace(rtp::TelephoneEventSender::Config{.clock_rate = parameters.telephone_event->clock,
                                                          .packet_time = packetizer_->ptime()});
    } else {
      in_band_in_.emplace(config_.rate);
      in_band_out_.emplace(audio::DtmfGenerator::Config{.rate = config_.rate});
    }
  }
  rtp::Session::Remote remote;
  remote.rtp = parameters.remote_rtp;
  remote.rtcp = parameters.remote_rtcp;
  remote.payload_types.set(parameters.receive_payload_type);
  if (parameters.telephone_event) remote.payload_types.set(parameters.telephone_event->receive_payload_type);
  remote.payload_types |= parameters.more_key_payload_types;
  remote.renegotiated = !first;
  session_->negotiate(remote);
  watch_.expect(parameters.receiving, now);
  parameters_ = parameters;
}

void RtpMedia::receive(TimePoint now) {
  if (!jitter_) return;
  port_->receive_rtp(*this);
  if (++tick_ % ticks_between_rtcp == 0) {
    rtcp_turn_ = true;
    port_->receive_rtcp(*this);
    rtcp_turn_ = false;
  }
  if (keys_in_) {
    keys_in_->advance(now);
    take_keys();
  }
}

void RtpMedia::on_datagram(const Datagram& datagram) {
  const auto received = rtcp_turn_ ? session_->receive_rtcp(datagram.bytes, datagram.from, datagram.arrival)
                                   : session_->receive(datagram.bytes, datagram.from, datagram.arrival);
  if (std::holds_alternative<rtp::Session::Dropped>(received)) return;
  watch_.heard(datagram.arrival);
  const auto* media = std::get_if<rtp::Session::Media>(&received);
  if (!media) return;
  ++packets_received_;
  if (media->new_source) {
    jitter_->reset();
    if (keys_in_) keys_in_->reset();
  }
  const rtp::Packet& packet = media->packet;
  if (is_key(packet.payload_type)) {
    keys_in_->receive(packet, datagram.arrival);
    jitter_->skip(packet.sequence.value());
    take_keys();
    return;
  }
  if (packet.payload_type != parameters_.receive_payload_type) return;
  (void)jitter_->push({.sequence = packet.sequence.value(),
                       .timestamp = packet.timestamp.ticks(),
                       .marker = packet.marker,
                       .payload = packet.payload,
                       .arrival = datagram.arrival});
}

bool RtpMedia::is_key(std::uint8_t payload_type) const {
  return keys_in_ && (payload_type == parameters_.telephone_event->receive_payload_type ||
                      (payload_type < 128 && parameters_.more_key_payload_types[payload_type]));
}

void RtpMedia::take_keys() {
  while (auto output = keys_in_->poll()) {
    const auto* pressed = std::get_if<rtp::TelephoneEventReceiver::Pressed>(&*output);
    if (!pressed || key_count_ == keys_.size()) continue;
    if (const auto key = rtp::key_of(pressed->event)) keys_[key_count_++] = *key;
  }
}

std::optional<char> RtpMedia::poll_dtmf() {
  if (key_count_ == 0) return std::nullopt;
  const char key = keys_[0];
  std::shift_left(keys_.begin(), keys_.end(), 1);
  --key_count_;
  return key;
}

bool RtpMedia::read(audio::Frame& frame, TimePoint now) {
  if (!jitter_ || !parameters_.receiving) return false;
  const auto content = jitter_->pop(frame, now);
  if (content == audio::JitterBuffer::Content::silence) return false;
  if (in_band_in_)
    if (const auto key = in_band_in_->process(frame); key && key_count_ < keys_.size()) keys_[key_count_++] = *key;
  return true;
}

void RtpMedia::write(const audio::Frame* frame, TimePoint now) {
  if (!jitter_ || closed_ || !parameters_.sending) return;
  audio::Frame tone{config_.rate};
  if (in_band_out_ && in_band_out_->read(tone)) frame = &tone;
  silent_frames_ = frame ? 0 : std::min(silent_frames_ + 1, silence_before_pause);
  const bool key_sounds = keys_out_ && keys_out_->active();
  if (parameters_.discontinuous && silent_frames_ == silence_before_pause && !key_sounds) return packetizer_->skip();
  if (parameters_.extensions.audio_level != 0) level_dbov_ = frame ? audio::level_dbov(frame->samples()) : -127;
  // Silence is sent as it is: gateways and NATs take a stream that stops for a call that broke.
  packetizer_->push(frame ? *frame : silence_);
  while (const auto packet = packetizer_->poll()) send_packet(*packet, now);
}

void RtpMedia::send_packet(const audio::Packetizer::Packet& packet, TimePoint now) {
  if (packet.timestamp != expected_timestamp_) session_->pause(packet.timestamp - expected_timestamp_);
  expected_timestamp_ = packet.timestamp + packet_ticks_;
  std::array<std::byte, max_datagram> buffer;
  std::array<std::byte, 32> extensions;
  if (keys_out_ && keys_out_->active()) {
    if (const auto event = keys_out_->next(session_->timestamp())) {
      if (const auto datagram = session_->encode(*event, parameters_.telephone_event->send_payload_type, packet_ticks_,
                                                 buffer, extension(extensions)))
        send(*datagram);
    } else {
      session_->pause(packet_ticks_);
    }
    return;
  }
  const auto datagram = session_->encode({.payload_type = parameters_.send_payload_type,
                                          .payload = packet.payload,
                                          .ticks = packet_ticks_,
                                          .extension = extension(extensions)},
                                         now, buffer);
  if (datagram) send(*datagram);
}

std::optional<rtp::HeaderExtension> RtpMedia::extension(std::span<std::byte> buffer) {
  const rtp::ExtensionIds& ids = parameters_.extensions;
  rtp::ExtensionWriter writer{buffer};
  if (ids.mid != 0) writer.mid(ids.mid, parameters_.mid);
  if (ids.audio_level != 0)
    writer.audio_level(ids.audio_level, {.voice = level_dbov_ > -60, .level = static_cast<std::uint8_t>(-level_dbov_)});
  // One stream is all that the transport carries, so its packets are the transport's.
  if (ids.transport_sequence != 0) writer.transport_sequence(ids.transport_sequence, transport_sequence_++);
  return writer.result();
}

void RtpMedia::send(std::span<const std::byte> datagram) {
  if (const auto& to = session_->destination()) port_->send_rtp(*to, datagram);
}

void RtpMedia::finish_tick(TimePoint now) {
  if (!session_ || closed_) return;
  if (now >= session_->deadline()) session_->advance(now);
  send_reports();
}

/// Multiplexed, they come from RTP's port, too (RFC 5761 §5.1): from another one a NAT lets nothing
/// through, and a peer that checks the source drops them.
void RtpMedia::send_reports() {
  while (const auto output = session_->poll()) {
    const auto& report = std::get<rtp::Session::SendRtcp>(*output);
    if (parameters_.rtcp_mux) port_->send_rtp(report.to, report.datagram);
    else port_->send_rtcp(report.to, report.datagram);
  }
}

void RtpMedia::send_dtmf(std::string_view digits) {
  for (const char digit : digits) {
    if (keys_out_) {
      if (const auto event = rtp::event_of(digit)) (void)keys_out_->press(*event);
    } else if (in_band_out_) {
      (void)in_band_out_->press(digit);
    }
  }
}

bool RtpMedia::expired(TimePoint now) const { return jitter_ && watch_.expired(now); }

call::LegQuality RtpMedia::quality() const {
  if (!session_) return {};
  const auto figures = session_->quality();
  call::LegQuality quality;
  quality.mos = figures.mos;
  quality.packets_received = packets_received_;
  quality.packets_sent = session_->sent().packets();
  quality.packets_lost = static_cast<std::uint64_t>(std::max(0, figures.lost));
  quality.jitter_ms = std::chrono::duration<double, std::milli>(figures.jitter).count();
  if (const auto round_trip = session_->round_trip())
    quality.round_trip_ms = std::chrono::duration<double, std::milli>(*round_trip).count();
  return quality;
}

void RtpMedia::close(TimePoint now) {
  if (!session_ || closed_) return;
  session_->end(now);
  send_reports();
  closed_ = true;
}

}  // namespace parley::legs
