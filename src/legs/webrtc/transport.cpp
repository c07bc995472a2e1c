#include "legs/webrtc/transport.hpp"

#include "base/overloaded.hpp"
#include "protocol/rtp/packet.hpp"
#include "protocol/stun/demux.hpp"

namespace parley::legs {
namespace {

Drop drop_of(srtp::Error error) {
  switch (error) {
    case srtp::Error::authentication: return Drop::srtp_forged;
    case srtp::Error::replay: return Drop::srtp_replayed;
    default: return Drop::srtp_malformed;
  }
}

void add(Drops& drops, const ice::LiteAgent::Counters& ice) {
  drops[Drop::stun_malformed] += ice.not_stun + ice.bad_fingerprint;
  drops[Drop::stun_unauthorized] += ice.unauthorized;
  drops[Drop::stun_refused] += ice.bad_request + ice.unknown_attribute + ice.role_conflict;
  drops[Drop::stun_unasked] += ice.not_a_request;
  drops[Drop::stun_over_rate] += ice.over_rate;
  drops[Drop::stun_late] += ice.without_consent;
}

void add(Drops& drops, const ice::ControllingAgent::Counters& ice) {
  drops[Drop::stun_malformed] += ice.not_stun + ice.bad_fingerprint;
  drops[Drop::stun_unauthorized] += ice.unauthorized;
  drops[Drop::stun_refused] += ice.bad_request + ice.unknown_attribute + ice.role_conflict;
  drops[Drop::stun_unasked] += ice.unmatched_response;
  drops[Drop::stun_over_rate] += ice.over_rate;
}

}  // namespace

WebRtcTransport::WebRtcTransport(const dtls::Context& context, Config config, ice::LiteAgent::Config lite,
                                 TimePoint now)
    : config_{std::move(config)},
      ice_{std::in_place_type<ice::LiteAgent>, std::move(lite), now},
      context_{context},
      give_up_at_{now + config_.connect_within} {}

WebRtcTransport::WebRtcTransport(const dtls::Context& context, Config config, ice::ControllingAgent::Config full,
                                 Random random, TimePoint now)
    : config_{std::move(config)},
      ice_{std::in_place_type<ice::ControllingAgent>, std::move(full), std::move(random), now},
      context_{context},
      give_up_at_{now + config_.connect_within} {
  collect(now);
}

WebRtcTransport::~WebRtcTransport() = default;

void WebRtcTransport::expect(std::vector<dtls::Fingerprint> fingerprints, TimePoint now) {
  config_.fingerprints = fingerprints;
  if (dtls_) dtls_->expect(std::move(fingerprints), now);
  collect(now);
}

void WebRtcTransport::set_remote(const ice::ControllingAgent::Remote& remote, TimePoint now) {
  if (auto* full = std::get_if<ice::ControllingAgent>(&ice_)) full->set_remote(remote, now);
  collect(now);
}

void WebRtcTransport::add_candidate(const ice::Candidate& candidate, TimePoint now) {
  // A lite agent answers whoever knows its password, and needs to be told of nobody.
  if (auto* full = std::get_if<ice::ControllingAgent>(&ice_)) full->add_candidate(candidate, now);
  collect(now);
}

void WebRtcTransport::restart(ice::Credentials local, TimePoint now) {
  std::visit([&](auto& agent) { agent.restart(std::move(local), now); }, ice_);
  collect(now);
}

std::optional<std::span<std::byte>> WebRtcTransport::receive(const ice::Path& from, std::span<std::byte> datagram,
                                                             TimePoint now) {
  if (ended_) return std::nullopt;
  switch (stun::kind_of(datagram)) {
    case stun::PacketKind::stun:
      std::visit([&](auto& agent) { agent.receive(from, datagram, now); }, ice_);
      collect(now);
      return std::nullopt;
    case stun::PacketKind::dtls:
      // One datagram of a stranger's can spoil a handshake.
      if (!std::visit([&](const auto& agent) { return agent.knows(from); }, ice_)) {
        ++drops_[Drop::unchecked_path];
        return std::nullopt;
      }
      dtls_path_ = from;
      begin_handshake(now);
      dtls_->receive(datagram, now);
      collect(now);
      return std::nullopt;
    case stun::PacketKind::rtp: return unprotect(datagram, false);
    case stun::PacketKind::rtcp: return unprotect(datagram, true);
    case stun::PacketKind::unknown: ++drops_[Drop::unknown]; return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::span<std::byte>> WebRtcTransport::unprotect(std::span<std::byte> datagram, bool rtcp) {
  if (!srtp_) {
    ++drops_[Drop::srtp_early];
    return std::nullopt;
  }
  auto plain = rtcp ? srtp_->unprotect_rtcp(datagram) : srtp_->unprotect(datagram);
  if (plain) return *plain;
  ++drops_[drop_of(plain.error())];
  return std::nullopt;
}

void WebRtcTransport::channel_closed(ice::Channel channel, TimePoint now) {
  if (auto* lite = std::get_if<ice::LiteAgent>(&ice_)) lite->channel_closed(channel, now);
  collect(now);
}

void WebRtcTransport::advance(TimePoint now) {
  if (ended_) return;
  std::visit([&](auto& agent) { agent.advance(now); }, ice_);
  if (dtls_) dtls_->advance(now);
  collect(now);
  if (!srtp_ && now >= give_up_at_) consent_lost();
}

TimePoint WebRtcTransport::deadline() const {
  if (ended_) return TimePoint::max();
  auto earliest = std::visit([](const auto& agent) { return agent.deadline(); }, ice_);
  if (dtls_) earliest = std::min(earliest, dtls_->deadline());
  return srtp_ ? earliest : std::min(earliest, give_up_at_);
}

std::optional<WebRtcTransport::Output> WebRtcTransport::poll() { return outbox_.poll(); }

/// A client's first flight leaves at once, so there is no association before there is a way to send it.
void WebRtcTransport::begin_handshake(TimePoint now) {
  if (dtls_ || ended_) return;
  dtls_ = std::make_unique<dtls::Connection>(
      context_, dtls::Connection::Config{.role = config_.role, .remote_fingerprints = config_.fingerprints}, now);
}

void WebRtcTransport::collect(TimePoint now) {
  std::visit(
      [&](auto& agent) {
        while (auto output = agent.poll()) on_ice(std::move(*output), now);
      },
      ice_);
  while (dtls_) {
    auto output = dtls_->poll();
    if (!output) break;
    on_dtls(std::move(*output));
  }
}

void WebRtcTransport::on_ice(ice::LiteAgent::Output output, TimePoint now) {
  if (ended_) return;
  std::visit(Overloaded{[&](ice::LiteAgent::Send& send) { outbox_.push(Send{send.to, std::move(send.datagram)}); },
                        [&](ice::LiteAgent::PathAdded& added) { outbox_.push(PathAdded{added.path}); },
                        [&](ice::LiteAgent::PathRemoved& removed) { outbox_.push(PathRemoved{removed.path}); },
                        [&](ice::LiteAgent::Selected&) { begin_handshake(now); },
                        [&](ice::LiteAgent::ConsentLost&) { consent_lost(); }},
             output);
}

void WebRtcTransport::on_ice(ice::ControllingAgent::Output output, TimePoint now) {
  if (ended_) return;
  std::visit(
      Overloaded{[&](ice::ControllingAgent::Send& send) { outbox_.push(Send{send.to, std::move(send.datagram)}); },
                 [&](ice::ControllingAgent::Selected&) { begin_handshake(now); },
                 [&](ice::ControllingAgent::ConsentLost&) { consent_lost(); },
                 [&](ice::ControllingAgent::Failed&) { end(EndReason::not_connected, "ICE"); }},
      output);
}

void WebRtcTransport::on_dtls(dtls::Connection::Output output) {
  if (ended_) return;
  std::visit(Overloaded{[&](dtls::Connection::Send& send) {
                          const auto& path = selected() ? selected() : dtls_path_;
                          if (path) outbox_.push(Send{*path, std::move(send.datagram)});
                        },
                        [&](dtls::Connection::Connected& connected) {
                          srtp_ = std::make_unique<srtp::Session>(connected.keys);
                          outbox_.push(Connected{});
                        },
                        [&](dtls::Connection::Failed& failed) {
                          const bool impostor = failed.reason == dtls::FailReason::fingerprint;
                          end(impostor ? EndReason::fingerprint : EndReason::handshake,
                              std::string{dtls::name(failed.reason)});
                        },
                        [&](dtls::Connection::Closed&) { end(EndReason::closed, {}); }},
             output);
}

std::optional<WebRtcTransport::Sealed> WebRtcTransport::seal(std::span<std::byte> buffer, std::size_t size) {
  if (!connected() || !selected()) return std::nullopt;
  const bool rtcp = rtp::is_rtcp(buffer.first(size));
  const auto sealed = rtcp ? srtp_->protect_rtcp(buffer, size) : srtp_->protect(buffer, size);
  if (!sealed) return std::nullopt;
  return Sealed{*selected(), *sealed};
}

void WebRtcTransport::close() {
  if (ended_) return;
  if (dtls_) dtls_->close();
  while (dtls_) {
    auto output = dtls_->poll();
    if (!output) break;
    if (std::holds_alternative<dtls::Connection::Send>(*output)) on_dtls(std::move(*output));
  }
  ended_ = true;
}

const ice::Credentials& WebRtcTransport::credentials() const {
  return std::visit([](const auto& agent) -> const ice::Credentials& { return agent.local(); }, ice_);
}

const std::optional<ice::Path>& WebRtcTransport::selected() const {
  return std::visit([](const auto& agent) -> const std::optional<ice::Path>& { return agent.selected(); }, ice_);
}

Drops WebRtcTransport::drops() const {
  Drops all = drops_;
  std::visit([&](const auto& agent) { add(all, agent.counters()); }, ice_);
  if (dtls_) {
    const auto& dtls = dtls_->dropped();
    all[Drop::dtls] += dtls.not_dtls + dtls.too_large + dtls.early + dtls.application_data;
  }
  return all;
}

/// A lite agent cannot tell a peer that has gone from one that never came.
void WebRtcTransport::consent_lost() {
  if (srtp_) end(EndReason::consent, {});
  else end(EndReason::not_connected, dtls_ ? "DTLS" : "ICE");
}

void WebRtcTransport::end(EndReason reason, std::string detail) {
  if (ended_) return;
  ended_ = true;
  outbox_.push(Ended{reason, std::move(detail)});
}

}  // namespace parley::legs
