// What carries a call's sound, and what is refused.
#include "base/log.hpp"
#include "legs/media/dtls_port.hpp"
#include "legs/media/srtp_port.hpp"
#include "legs/sip/peer_media.hpp"
#include "legs/sip/port_media.hpp"
#include "legs/sip/user_agent.hpp"

namespace parley::legs {
namespace {

/// RFC 3261 §25.1.
std::string quoted_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' || c == 0x7F ? ' ' : c;
  }
  return out + '"';
}

}  // namespace

Result<std::unique_ptr<SipMedia>, std::string> UserAgent::make_media(const MediaPlan& plan, const IpAddress& peer) {
  const bool secure = plan.kind != MediaKind::rtp;
  if (secure && plan.policy.srtp == SrtpPolicy::off) return std::unexpected("SRTP is off");
  if (!secure && plan.policy.srtp == SrtpPolicy::required && !plan.policy.keys_allowed)
    return std::unexpected("SRTP is required, and its keys need SIP over TLS");
  WebRtcEndpoint* const webrtc = world_.webrtc();
  if (secure && !webrtc) return std::unexpected("transport protocol not supported");
  const auto wall_now = registry_.environment().wall_clock();
  if (plan.kind == MediaKind::webrtc) {
    PeerConnection::Config config{.rate = plan.rate,
                                  .id = plan.call_id + "-sip-" + random_.token(6),
                                  .cname = random_.token(16),
                                  .wall_now = wall_now};
    return std::make_unique<PeerMedia>(*webrtc, std::move(config));
  }
  auto sockets = world_.open_media(peer);
  if (!sockets) return std::unexpected(std::string{});
  Negotiation::Config negotiation{
      .codecs = config_.codecs, .session_id = random_.u64() >> 2, .sdes = plan.policy.sdes(), .random = &random_};
  std::unique_ptr<GuardedPort> port;
  if (plan.kind == MediaKind::dtls) {
    negotiation.fingerprint = webrtc->context().fingerprint();
    port = std::make_unique<DtlsPort>(std::move(sockets), webrtc->context());
  } else {
    port = std::make_unique<SrtpPort>(std::move(sockets));
  }
  RtpMedia::Config config{
      .rate = plan.rate, .cname = random_.token(16), .dead_after = config_.media_timeout, .wall_now = wall_now};
  return std::make_unique<PortMedia>(Negotiation{negotiation}, world_.address_towards(peer), std::move(port),
                                     std::move(config), random_, world_.now());
}

std::unique_ptr<SipMedia> UserAgent::media_for(const sip::Stack::Incoming& incoming, const MediaPlan& plan) {
  const auto refuse = [&](std::string why) {
    // Where telephones are set up for SRTP and their signalling is not, this is what to mend.
    if (plan.kind == MediaKind::rtp && plan.policy.srtp != SrtpPolicy::off && !plan.policy.keys_allowed &&
        incoming.offer && incoming.offer->contains("a=crypto"))
      why += "; SRTP keys are taken over TLS only";
    reject(incoming.session, {.status = 488, .headers = {{"Warning", "305 parley " + quoted_string(why)}}});
  };
  auto media = make_media(plan, incoming.from.remote.address);
  if (!media && media.error().empty()) {
    log::error("no free RTP port: widen sip.rtp_ports");
    reject(incoming.session, {.status = 503, .headers = {{"Retry-After", "10"}}});
    return nullptr;
  }
  if (!media) {
    refuse(media.error());
    return nullptr;
  }
  if (!incoming.offer) return std::move(*media);
  if (const auto taken = (*media)->take_offer(*incoming.offer, world_.now()); !taken) {
    refuse(taken.error().reason);
    return nullptr;
  }
  return std::move(*media);
}

void UserAgent::count(const GuardedPort::Counters& refused) {
  refused_media_.forged += refused.forged;
  refused_media_.replayed += refused.replayed;
  refused_media_.early += refused.early;
}

}  // namespace parley::legs
