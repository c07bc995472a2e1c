#include "sim/phone.hpp"

#include <algorithm>
#include <cstdlib>

namespace parley::sim {
namespace {

constexpr std::uint16_t rtp_port = 4000;

sip::Config stack_config(const Endpoint& at, const PhoneOptions& options) {
  sip::Config config;
  config.sent_by[static_cast<std::size_t>(sip::Transport::udp)] = {at.address.to_string(), at.port};
  config.contact_user = "phone";
  config.session_timer.enabled = options.session_timer;
  return config;
}

std::string_view name(sip::EndReason reason) {
  constexpr std::string_view names[] = {"bye",      "cancel",   "rejected", "timeout", "transport", "session_expired",
                                        "replaced", "protocol", "local"};
  return names[static_cast<std::size_t>(reason)];
}

int peak_of(std::span<const std::int16_t> samples) {
  int peak = 0;
  for (const int sample : samples) peak = std::max(peak, std::abs(sample));
  return peak;
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

}  // namespace

Phone::Phone(Timeline& timeline, Network& network, IpAddress address, PhoneOptions options, Random random)
    : timeline_{timeline},
      network_{network},
      options_{options},
      random_{std::move(random)},
      sip_{address, Network::signalling_port},
      rtp_{address, rtp_port},
      rtcp_{address, rtp_port + 1},
      stack_{stack_config(sip_, options_), Random::seeded(random_.u64()), timeline.now()} {
  spec_.name = options_.codec;
  spec_.rate = audio::natural_rate(options_.codec);
  local_.session_id = random_.u64() >> 2;
  local_.rtp = rtp_;
  local_.ptime = options_.ptime;
  local_.rtcp_mux = options_.rtcp_mux;
  std::erase_if(local_.codecs,
                [this](const sdp::Codec& codec) { return audio::codec_named(codec.map.encoding) != options_.codec; });
  local_.sdes = options_.srtp;
  if (local_.sdes == sdp::Sdes::required) local_.protocols = {"RTP/SAVP", "RTP/AVP"};
  if (local_.sdes == sdp::Sdes::optional) local_.protocols = {"RTP/AVP", "RTP/SAVP"};
  make_keys();
  network_.attach(sip_, *this);
  network_.attach(rtp_, *this);
  network_.attach(rtcp_, *this);
}

Phone::~Phone() {
  network_.detach(sip_);
  network_.detach(rtp_);
  network_.detach(rtcp_);
}

// ---- what its user does ------------------------------------------------------------------------

void Phone::dial(std::string_view extension, const Endpoint& parley) {
  sip::InviteOptions options;
  options.target = sip::Uri{
      .scheme = "sip", .user = std::string{extension}, .host = parley.address.to_string(), .port = parley.port};
  options.from.uri = sip::Uri{.scheme = "sip", .user = "phone", .host = sip_.address.to_string()};
  if (options_.offers) {
    described_ = sdp::make_offer(local_);
    options.offer = described_->to_string();
  }
  session_ = stack_.invite(std::move(options), timeline_.now());
  flush();
}

void Phone::hang_up() {
  stack_.bye(session_, timeline_.now());
  flush();
}

bool Phone::offer(sdp::Direction direction) {
  local_.direction = direction;
  described_ = sdp::make_offer(local_, described_ ? &*described_ : nullptr);
  const bool sent = stack_.offer(session_, described_->to_string(), timeline_.now());
  flush();
  return sent;
}

void Phone::press(std::string_view keys) {
  for (const char key : keys)
    if (const auto event = rtp::event_of(key); event && keys_) (void)keys_->press(*event);
}

void Phone::say(std::span<const std::int16_t> samples) {
  to_say_.insert(to_say_.end(), samples.begin(), samples.end());
  new_say_ = true;
}

bool Phone::move() {
  network_.detach(rtp_);
  rtp_.port = static_cast<std::uint16_t>(rtp_.port + 2);
  network_.attach(rtp_, *this);
  local_.rtp = rtp_;
  return offer(local_.direction);
}

void Phone::make_keys() {
  local_.crypto.clear();
  for (const auto profile : {srtp::Profile::aes128_cm_sha1_80, srtp::Profile::aead_aes_128_gcm}) {
    std::array<std::byte, 30> material;
    random_.fill(material);
    sdp::Crypto crypto;
    crypto.tag = static_cast<std::uint32_t>(local_.crypto.size() + 1);
    crypto.profile = profile;
    crypto.keys.resize(1);
    crypto.keys[0].master = {std::span{material}.first(16), std::span{material}.subspan(16, srtp::salt_size(profile))};
    local_.crypto.push_back(std::move(crypto));
  }
}

bool Phone::change_key() {
  make_keys();
  return offer(local_.direction);
}

void Phone::forge() {
  std::array<std::byte, 182> packet{};
  packet[0] = std::byte{0x80};
  random_.fill(std::span{packet}.subspan(2));
  network_.send(rtp_, negotiated_->rtp, packet);
}

void Phone::send_media(const Endpoint& from, const Endpoint& to, std::span<const std::byte> packet, bool rtcp) {
  if (!srtp_) return network_.send(from, to, packet);
  std::array<std::byte, 1'600> buffer;
  std::ranges::copy(packet, buffer.begin());
  const auto sealed = rtcp ? srtp_->protect_rtcp(buffer, packet.size()) : srtp_->protect(buffer, packet.size());
  if (sealed) network_.send(from, to, *sealed);
}

void Phone::change_source() {
  rtp::Session::Config config;
  config.cname = "phone";
  config.clock_rate = audio::rtp_clock(spec_.name);
  config.rtcp_mux = negotiated_->rtcp_mux;
  media_.emplace(std::move(config), Random::seeded(random_.u64()), timeline_.now());
  apply(*negotiated_);
}

// ---- signalling --------------------------------------------------------------------------------

void Phone::on_packet(const Endpoint& to, const Endpoint& from, std::span<const std::byte> bytes) {
  if (to == rtp_) {
    if (!media_) return;
    std::vector<std::byte> opened{bytes.begin(), bytes.end()};
    if (srtp_) {
      const auto plain = rtp::is_rtcp(bytes) ? srtp_->unprotect_rtcp(opened) : srtp_->unprotect(opened);
      if (!plain) return;
      opened.resize(plain->size());
    }
    const auto received = media_->receive(opened, from, timeline_.now());
    if (const auto* media = std::get_if<rtp::Session::Media>(&received)) hear(*media);
    return;
  }
  if (to == rtcp_) {
    if (media_) (void)media_->receive_rtcp(bytes, from, timeline_.now());
    return;
  }
  const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  stack_.receive(sip::Flow{sip::Transport::udp, from, 0}, text, timeline_.now());
  flush();
}

void Phone::flush() {
  while (auto output = stack_.poll()) on(*output);
  arm();
}

void Phone::arm() {
  const TimePoint due = stack_.deadline();
  if (due == armed_for_ || due == TimePoint::max()) return;
  armed_for_ = due;
  timeline_.at(due, [this, due] {
    if (armed_for_ != due) return;  // moved meanwhile
    armed_for_ = TimePoint::max();
    stack_.advance(timeline_.now());
    flush();
  });
}

void Phone::on(sip::Stack::Output& output) {
  using Stack = sip::Stack;
  if (auto* send = std::get_if<Stack::Send>(&output)) {
    // A phone that cannot UPDATE refreshes and is refreshed by re-INVITE.
    if (const auto at = send->bytes.find("UPDATE, "); !options_.understands_update && at != std::string::npos)
      send->bytes.erase(at, 8);
    network_.send(sip_, send->flow.remote, bytes_of(send->bytes));
    if (call_id_.empty()) call_id_ = send->call_id;
  } else if (const auto* incoming = std::get_if<Stack::Incoming>(&output)) {
    session_ = incoming->session;
    log.emplace_back("incoming");
    if (options_.refuses_with != 0) {
      stack_.reject(session_, {.status = options_.refuses_with}, timeline_.now());
      return;
    }
    stack_.ring(session_, 180, std::nullopt, false, timeline_.now());
    const auto answer = incoming->offer ? take_offer(*incoming->offer) : std::string{};
    timeline_.after(options_.rings_for, [this, answer] {
      if (ended_) return;
      stack_.answer(session_, answer, timeline_.now());
      answered_ = true;
      start_media();
      flush();
    });
  } else if (const auto* progress = std::get_if<Stack::Progress>(&output)) {
    log.push_back(progress->status == 180 ? "ringing" : "progress " + std::to_string(progress->status));
  } else if (const auto* answered = std::get_if<Stack::Answered>(&output)) {
    answered_ = true;
    log.emplace_back("answered");
    if (answered->is_offer) stack_.ack_answer(session_, take_offer(*answered->sdp), timeline_.now());
    else if (answered->sdp) take_answer(*answered->sdp);
    if (negotiated_) start_media();
  } else if (const auto* offered = std::get_if<Stack::OfferReceived>(&output)) {
    log.emplace_back("offer");
    const auto sdp = offered->sdp ? take_offer(*offered->sdp) : described_->to_string();
    stack_.accept_offer(session_, sdp, timeline_.now());
  } else if (const auto* answer = std::get_if<Stack::AnswerReceived>(&output)) {
    log.emplace_back("answer");
    take_answer(answer->sdp);
  } else if (const auto* refused = std::get_if<Stack::OfferRefused>(&output)) {
    log.push_back("offer refused " + std::to_string(refused->status));
  } else if (const auto* ended = std::get_if<Stack::Ended>(&output)) {
    ended_ = true;
    log.push_back("ended " + std::string{name(ended->reason)} + " " + std::to_string(ended->status) +
                  (ended->text.empty() ? "" : " " + ended->text));
  }
}

std::string Phone::take_offer(const std::string& sdp) {
  const auto offer = sdp::SessionDescription::parse(sdp);
  if (!offer) return {};
  auto answer = sdp::answer(*offer, local_, described_ ? &*described_ : nullptr);
  if (!answer) return {};
  described_ = std::move(answer->description);
  apply(answer->negotiated);
  return described_->to_string();
}

bool Phone::take_answer(const std::string& sdp) {
  const auto answer = sdp::SessionDescription::parse(sdp);
  if (!answer || !described_) return false;
  const auto negotiated = sdp::accept_answer(*described_, *answer);
  if (!negotiated) return false;
  apply(*negotiated);
  return true;
}

void Phone::apply(const sdp::Negotiated& negotiated) {
  const bool first = !negotiated_;
  negotiated_ = negotiated;
  if (negotiated.keys && srtp_) srtp_->rekey(*negotiated.keys);
  else if (negotiated.keys) srtp_.emplace(*negotiated.keys);
  if (first) change_source();
  rtp::Session::Remote remote;
  remote.rtp = negotiated.rtp;
  remote.rtcp = negotiated.rtcp;
  remote.payload_types.set(negotiated.codecs.front().receive_payload_type);
  if (negotiated.telephone_event) remote.payload_types.set(negotiated.telephone_event->receive_payload_type);
  media_->negotiate(remote);
}

// ---- media -------------------------------------------------------------------------------------

void Phone::start_media() {
  if (packetizer_ || !options_.sends_media) return;
  decoder_ = audio::make_decoder(spec_);
  packetizer_.emplace(spec_, options_.ptime);
  keys_.emplace(rtp::TelephoneEventSender::Config{.clock_rate = audio::rtp_clock(spec_.name),
                                                  .packet_time = packetizer_->ptime()});
  first_frame_at_ = timeline_.now() + std::chrono::microseconds{random_.below(20'000)};
  schedule_frame();
}

TimePoint Phone::frame_time(std::size_t frame) const {
  const double nanoseconds = static_cast<double>(frame) * 20e6 / (1 + options_.clock_ppm * 1e-6);
  return first_frame_at_ + std::chrono::nanoseconds{static_cast<std::int64_t>(nanoseconds)};
}

TimePoint Phone::spoken_at(double sample) const {
  const double nanoseconds = sample * 1e9 / audio::hertz(spec_.rate) / (1 + options_.clock_ppm * 1e-6);
  return first_frame_at_ + std::chrono::nanoseconds{static_cast<std::int64_t>(nanoseconds)};
}

void Phone::schedule_frame() {
  timeline_.at(frame_time(frames_), [this] {
    if (ended_) return;
    speak_frame();
    ++frames_;
    schedule_frame();
  });
}

void Phone::speak_frame() {
  audio::Frame frame{spec_.rate};
  if (new_say_ && to_say_position_ < to_say_.size()) {
    began_saying_ = said_.size();
    new_say_ = false;
  }
  const auto count = std::min(frame.samples().size(), to_say_.size() - to_say_position_);
  std::copy_n(to_say_.begin() + static_cast<std::ptrdiff_t>(to_say_position_), count, frame.samples().begin());
  to_say_position_ += count;
  said_.insert(said_.end(), frame.samples().begin(), frame.samples().end());
  packetizer_->push(frame);
  while (const auto packet = packetizer_->poll()) send(*packet);
  report();
}

void Phone::report() {
  if (timeline_.now() >= media_->deadline()) media_->advance(timeline_.now());
  while (const auto output = media_->poll()) {
    const auto& rtcp = std::get<rtp::Session::SendRtcp>(*output);
    if (!muted_) send_media(negotiated_->rtcp_mux ? rtp_ : rtcp_, rtcp.to, rtcp.datagram, true);
  }
}

void Phone::send(const audio::Packetizer::Packet& packet) {
  const auto ticks = audio::rtp_clock(spec_.name) / 1'000 * static_cast<std::uint32_t>(packetizer_->ptime().count());
  if (muted_ || !sdp::sends(negotiated_->direction)) return media_->pause(ticks);
  std::array<std::byte, 1'500> buffer;
  if (keys_->active() && negotiated_->telephone_event) {
    const auto event = keys_->next(media_->timestamp());
    if (!event) return media_->pause(ticks);
    const auto datagram = media_->encode(*event, negotiated_->telephone_event->map.payload_type, ticks, buffer);
    if (datagram) send_media(rtp_, negotiated_->rtp, *datagram, false);
    return;
  }
  const auto datagram =
      media_->encode({.payload_type = negotiated_->codec().payload_type, .payload = packet.payload, .ticks = ticks},
                     timeline_.now(), buffer);
  if (datagram) send_media(rtp_, negotiated_->rtp, *datagram, false);
}

void Phone::hear(const rtp::Session::Media& media) {
  const auto& packet = media.packet;
  if (!decoder_ || packet.payload_type != negotiated_->codecs.front().receive_payload_type) return;
  if (!first_timestamp_) first_timestamp_ = packet.timestamp.ticks();
  const auto ticks = static_cast<std::int32_t>(packet.timestamp.ticks() - *first_timestamp_);
  std::array<std::int16_t, audio::max_packet_samples(audio::Rate::wide)> samples;
  const auto count = decoder_->decode(packet.payload, samples);
  if (ticks < 0 || count == 0) return;
  const auto position =
      static_cast<std::size_t>(std::int64_t{ticks} * audio::hertz(spec_.rate) / audio::rtp_clock(spec_.name));
  if (heard_.size() < position + count) heard_.resize(position + count);
  std::copy_n(samples.begin(), count, heard_.begin() + static_cast<std::ptrdiff_t>(position));
  packets_.push_back({timeline_.now(), position, peak_of(std::span{samples}.first(count))});
}

}  // namespace parley::sim
