#include "caller.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "audio/level.hpp"
#include "base/overloaded.hpp"
#include "net/fd_watch.hpp"
#include "net/worker.hpp"
#include "protocol/rtp/header_extension.hpp"

namespace parley::load {
namespace {

using Json = nlohmann::ordered_json;

constexpr Duration packet_interval = 20ms;
constexpr std::uint32_t packet_ticks = 960;
constexpr Duration quiet_before_hang_up = 200ms;  // so that nothing is in flight when the call ends
constexpr Duration goodbye_limit = 2s;
constexpr Duration patience = 30s;  // to be connected, to hear something, to be let go
constexpr int audible_dbov = -50;
constexpr std::size_t max_packet = 1'500;
constexpr Endpoint the_peer{IpAddress::v4(0x01000000), 9};  // ICE knows where it is; RTP need not

}  // namespace

Caller::Caller(World world, Plan plan) : world_{world}, plan_{std::move(plan)} {
  report_.to = plan_.to, report_.track = plan_.track_number;
}

Caller::~Caller() = default;

void Caller::press_button(TimePoint now) {
  pressed_at_ = now, give_up_at_ = now + patience;
  phase_ = Phase::offering;
  auto socket = net::UdpSocket::bind({IpAddress::loopback(), 0});
  if (!socket) return end("no socket: " + socket.error().message());
  socket_ = std::move(*socket);
  watch_ = std::make_unique<net::FdWatch>(world_.worker.context(), socket_.native_handle(), [this](bool, bool) {
    if (const auto count = socket_.receive(world_.batch); !count) return;
    for (const auto& received : world_.batch.received())
      if (!received.truncated) receive(received);
  });
  watch_->want(true, false);

  sdp::webrtc::Local local;
  local.ice_lite = false;
  local.ice = credentials_ = ice::Credentials::make(0, world_.random);
  const auto address = IpAddress::loopback();
  local.candidates = ice::host_candidates(std::span{&address, 1}, socket_.local_endpoint().port);
  local.fingerprint = world_.context.fingerprint();
  local.session_id = world_.random.u64() >> 2;
  local.ssrc = world_.random.u32();
  local.cname = world_.random.token(16);
  offer_ = sdp::webrtc::make_offer(local);
  rtp_.emplace(
      rtp::Session::Config{
          .cname = local.cname, .clock_rate = 48'000, .rtcp_mux = true, .wall_now = std::chrono::system_clock::now()},
      Random::seeded(world_.random.u64()), now);
  decoder_ = audio::make_decoder({.name = audio::CodecName::opus, .rate = audio::Rate::wide});
  post_offer();
}

void Caller::post_offer() {
  net::HttpClientRequest request;
  request.method = "POST";
  request.url = plan_.url + "/webrtc/offer";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = Json{{"sdp", offer_.to_string()}, {"type", "offer"}, {"to", plan_.to}}.dump();
  request.allow_private = true;
  report_.offered = since_button(Clock::now());
  world_.http.start(std::move(request),
                    [this](net::HttpClientResult result) { take_answer(std::move(result), Clock::now()); });
}

void Caller::take_answer(net::HttpClientResult result, TimePoint now) {
  if (phase_ != Phase::offering) return;
  if (!result) return end(fmt::format("no answer: {}", net::to_string(result.error())));
  if (result->status != 200) return end(fmt::format("refused with {}: {:.200}", result->status, result->body));
  const auto answer = Json::parse(result->body, nullptr, false);
  if (!answer.is_object()) return end("the answer is no JSON");
  report_.answered = since_button(now);
  report_.call_id = answer.value("call_id", "");
  session_token_ = answer.value("session", "");
  const auto negotiated = sdp::webrtc::accept_answer(offer_, std::string_view{answer.value("sdp", "")});
  if (!negotiated) return end(negotiated.error().to_string());
  if (negotiated->codec().map.encoding != "opus") return end("the answer has no Opus");
  connect(*negotiated, now);
}

void Caller::connect(const sdp::webrtc::Negotiated& negotiated, TimePoint now) {
  negotiated_ = negotiated;
  rtp::Session::Remote remote{.rtp = the_peer, .rtcp = the_peer, .payload_types = {}};
  remote.payload_types.set(negotiated_.codec().receive_payload_type);
  rtp_->negotiate(remote);

  ice::ControllingAgent::Config full{.local = credentials_, .consent_interval = 2'500ms};  // Chromium's
  const auto address = IpAddress::loopback();
  full.sockets.push_back({0, ice::host_candidates(std::span{&address, 1}, socket_.local_endpoint().port).front()});
  const auto role = negotiated_.setup == sdp::webrtc::Setup::active ? dtls::Role::client : dtls::Role::server;
  transport_ = std::make_unique<legs::WebRtcTransport>(
      world_.context, legs::WebRtcTransport::Config{.role = role, .fingerprints = negotiated_.remote.fingerprints},
      std::move(full), Random::seeded(world_.random.u64()), now);

  auto candidates = negotiated_.remote.candidates;
  std::erase_if(candidates, [](const ice::Candidate& candidate) {
    return candidate.transport != ice::Transport::udp || !candidate.address.address.is_loopback();
  });
  if (plan_.through)
    for (auto& candidate : candidates) candidate.address = *plan_.through;
  phase_ = Phase::connecting;
  transport_->set_remote({negotiated_.remote.ice, std::move(candidates), negotiated_.remote.ice_lite}, now);
  drain(now);
}

void Caller::receive(const net::Received& received) {
  if (!transport_ || phase_ == Phase::over) return;
  const auto plain = transport_->receive({received.from, 0}, received.datagram, received.arrived);
  if (plain) {
    const auto heard = rtp_->receive(*plain, the_peer, received.arrived);
    if (const auto* media = std::get_if<rtp::Session::Media>(&heard)) listen(media->packet, Clock::now());
    if (std::holds_alternative<rtp::Session::Rtcp>(heard)) ++report_.reports;
  }
  drain(Clock::now());
}

void Caller::listen(const rtp::Packet& packet, TimePoint now) {
  ++report_.received;
  if (!report_.first_packet) report_.first_packet = since_button(now);
  if (report_.audible) return;  // what follows is only counted
  std::array<std::int16_t, audio::max_packet_samples(audio::Rate::wide)> samples;
  const auto count = decoder_->decode(packet.payload, samples);
  if (count == 0 || audio::level_dbov(std::span{samples}.first(count)) < audible_dbov) return;
  report_.audible = since_button(now);
}

void Caller::drain(TimePoint now) {
  if (!report_.checked && transport_->selected()) report_.checked = since_button(now);
  while (auto output = transport_->poll()) {
    std::visit(
        Overloaded{[&](legs::WebRtcTransport::Send& send) { (void)socket_.send_to(send.datagram, send.to.remote); },
                   [&](legs::WebRtcTransport::PathAdded&) {}, [&](legs::WebRtcTransport::PathRemoved&) {},
                   [&](legs::WebRtcTransport::Connected&) { begin_to_talk(now); },
                   [&](legs::WebRtcTransport::Ended& ended) {
                     // The goodbye may be faster than the answer to the request for it.
                     if (phase_ == Phase::leaving || phase_ == Phase::lingering) return end("");
                     end(fmt::format("the connection ended with reason {} {}", static_cast<int>(ended.reason),
                                     ended.detail));
                   }},
        *output);
    if (phase_ == Phase::over) return;
  }
}

void Caller::begin_to_talk(TimePoint now) {
  report_.connected = since_button(now);
  phase_ = Phase::talking;
  next_packet_at_ = now;
  quiet_at_ = now + plan_.length;
  give_up_at_ = plan_.until_audible ? now + patience : quiet_at_ + patience;
}

void Caller::tick(TimePoint now) {
  if (phase_ == Phase::idle || phase_ == Phase::over) return;
  if (transport_ && now >= transport_->deadline()) {
    transport_->advance(now);
    drain(now);
  }
  if (now >= give_up_at_) return end("it took too long");
  if (phase_ == Phase::talking) talk(now);
  else if (phase_ == Phase::quiet && now >= quiet_at_ + quiet_before_hang_up) hang_up();
  else if (phase_ == Phase::lingering && now >= quiet_at_ + goodbye_limit) end("");  // it was lost on the way
}

void Caller::talk(TimePoint now) {
  const bool done = plan_.until_audible ? report_.audible.has_value() : now >= quiet_at_;
  if (done) {
    quiet_at_ = now;
    phase_ = Phase::quiet;
    return;
  }
  for (; next_packet_at_ <= now; next_packet_at_ += packet_interval) send_packet(now);
  if (now >= rtp_->deadline()) rtp_->advance(now);
  while (const auto report = rtp_->poll()) seal_and_send(std::get<rtp::Session::SendRtcp>(*report).datagram);
}

void Caller::send_packet(TimePoint now) {
  const auto& said = plan_.track->packet(packet_number_);
  const auto& ids = negotiated_.extensions;
  std::array<std::byte, 32> extensions;
  rtp::ExtensionWriter writer{extensions};
  if (ids.mid != 0) writer.mid(ids.mid, negotiated_.remote.mid);
  if (ids.audio_level != 0)
    writer.audio_level(ids.audio_level, {said.level_dbov > -60, static_cast<std::uint8_t>(-said.level_dbov)});
  if (ids.transport_cc != 0) writer.transport_sequence(ids.transport_cc, static_cast<std::uint16_t>(packet_number_));
  ++packet_number_;

  std::array<std::byte, max_packet> buffer;
  const auto packet = rtp_->encode({.payload_type = negotiated_.codec().map.payload_type,
                                    .payload = said.payload,
                                    .ticks = packet_ticks,
                                    .extension = writer.result()},
                                   now, buffer);
  if (!packet) return;
  const auto before = report_.sent;
  seal_and_send(*packet);
  if (report_.sent == before) {
    ++report_.refused;
    return;
  }
  if (report_.last_sent) report_.longest_pause = std::max(report_.longest_pause, now - *report_.last_sent);
  if (!report_.first_sent) report_.first_sent = now;
  report_.last_sent = now;
}

void Caller::seal_and_send(std::span<const std::byte> packet) {
  std::array<std::byte, max_packet + srtp::max_overhead> buffer;
  std::ranges::copy(packet, buffer.begin());
  const auto sealed = transport_->seal(buffer, packet.size());
  if (!sealed || socket_.send_to(sealed->datagram, sealed->to.remote)) return;
  if (!rtp::is_rtcp(packet)) ++report_.sent;
}

/// As the page does: by HTTP.
void Caller::hang_up() {
  phase_ = Phase::leaving;
  report_.lost = rtp_->quality().lost;  // before the peer's goodbye, which forgets its source
  net::HttpClientRequest request;
  request.method = "DELETE";
  request.url = plan_.url + "/webrtc/offer/" + report_.call_id;
  request.headers = {{"Authorization", "Bearer " + session_token_}};
  request.allow_private = true;
  world_.http.start(std::move(request), [this](net::HttpClientResult result) {
    if (phase_ != Phase::leaving) return;
    if (!result) return end("hanging up failed");
    if (result->status != 204) return end(fmt::format("hanging up was refused with {}", result->status));
    // What the server sent before its goodbye counts, too.
    phase_ = Phase::lingering, quiet_at_ = Clock::now();
  });
}

void Caller::end(std::string error) {
  if (phase_ == Phase::over) return;
  report_.error = std::move(error);
  phase_ = Phase::over;
  watch_.reset();
  socket_.close();
}

}  // namespace parley::load
