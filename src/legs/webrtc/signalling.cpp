// Offers, answers and trickled candidates of the endpoint's sessions.
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/ulid.hpp"
#include "legs/webrtc/endpoint.hpp"
#include "legs/webrtc/udp_channel.hpp"
#include "legs/webrtc/webrtc_leg.hpp"
#include "net/worker.hpp"
#include "observe/metrics.hpp"
#include "protocol/sdp/trickle.hpp"

namespace parley::legs {
namespace {

constexpr std::size_t max_sdp = 64 * 1024;
constexpr std::size_t max_ufrags = 4;  // of one session: those of restarts that have not been nominated yet

std::unexpected<WebRtcRefusal> refuse(int status, std::string detail) {
  observe::Metrics::global()
      .counter("parley_webrtc_refused_total", "Offers and trickled fragments that were refused, by HTTP status.",
               {{"status", std::to_string(status)}})
      .increment();
  return std::unexpected(WebRtcRefusal{status, std::move(detail)});
}

/// Of the codec that the answer will name: the first of ours that the offer has.
audio::Rate rate_of_offer(std::string_view offer) {
  auto description = sdp::SessionDescription::parse(offer);
  if (!description) return audio::Rate::narrow;
  for (auto& media : description->media) media.protocol = "RTP/AVP";
  sdp::Local ours;
  ours.rtp = {IpAddress::loopback(), 9};
  ours.codecs = sdp::webrtc::default_codecs();
  ours.own_order = true;
  const auto answer = sdp::answer(*description, ours);
  if (!answer) return audio::Rate::narrow;
  const auto codec = audio::codec_named(answer->negotiated.codec().encoding);
  return codec ? audio::natural_rate(*codec) : audio::Rate::narrow;
}

}  // namespace

sdp::webrtc::Local WebRtcEndpoint::describe(ice::Credentials credentials, bool lite) const {
  sdp::webrtc::Local local;
  local.ice = std::move(credentials);
  local.ice_lite = lite;
  local.fingerprint = context_.fingerprint();
  if (!lite) return local;  // its sockets are its own: the caller adds them
  std::vector<IpAddress> addresses;
  if (config_.external_address) addresses.push_back(*config_.external_address);
  for (const auto& address : config_.addresses)
    if (address != config_.external_address) addresses.push_back(address);
  local.candidates = ice::host_candidates(addresses, port_, true);
  return local;
}

void WebRtcEndpoint::renew_credentials(Session& session) {
  session.local.ice = ice::Credentials::make(worker_.index(), random_);
  session.ufrags.push_back(session.local.ice.ufrag);
  by_ufrag_[session.local.ice.ufrag] = session.peer;
  if (session.ufrags.size() <= max_ufrags) return;
  by_ufrag_.erase(session.ufrags.front());
  session.ufrags.erase(session.ufrags.begin());
}

std::unique_ptr<WebRtcTransport> WebRtcEndpoint::make_transport(Session& session,
                                                                const sdp::webrtc::Negotiated& negotiated) {
  WebRtcTransport::Config config;
  config.role = negotiated.setup == sdp::webrtc::Setup::active ? dtls::Role::client : dtls::Role::server;
  config.fingerprints = negotiated.remote.fingerprints;
  if (session.local.ice_lite) {
    return std::make_unique<WebRtcTransport>(context_, std::move(config),
                                             ice::LiteAgent::Config{.local = session.local.ice}, now());
  }
  ice::ControllingAgent::Config full{.local = session.local.ice};
  for (const auto channel : session.sockets) {
    const auto& candidate = session.local.candidates.at(full.sockets.size());
    full.sockets.push_back({channel, candidate});
  }
  auto transport = std::make_unique<WebRtcTransport>(context_, std::move(config), std::move(full),
                                                     Random::seeded(random_.u64()), now());
  transport->set_remote({negotiated.remote.ice, negotiated.remote.candidates, negotiated.remote.ice_lite}, now());
  return transport;
}

// ---- peer connections --------------------------------------------------------------------------

std::unique_ptr<PeerConnection> WebRtcEndpoint::open(PeerConnection::Config config) {
  return std::make_unique<PeerConnection>(static_cast<WebRtcWorld&>(*this), std::move(config), random_, now());
}

WebRtcEndpoint::Session& WebRtcEndpoint::add_session(PeerConnection& peer, bool lite) {
  Session session;
  session.peer = &peer;
  session.local = describe(ice::Credentials::make(worker_.index(), random_), lite);
  session.local.session_id = random_.u64() >> 2;
  if (!lite) open_sockets(session);
  for (const auto channel : session.sockets) start_socket(channel, peer);
  session.ufrags.push_back(session.local.ice.ufrag);
  by_ufrag_[session.local.ice.ufrag] = &peer;
  return sessions_[peer.id()] = std::move(session);
}

Result<std::string, WebRtcRefusal> WebRtcEndpoint::answer(PeerConnection& peer, const std::string& offer) {
  if (offer.size() > max_sdp) return refuse(413, "The offer is longer than 64 KiB.");
  if (peer.closed()) return refuse(404, "The call has ended.");
  const auto answered = peer.negotiating() ? answer_first(peer, offer) : answer_again(*session_of(peer), offer);
  if (!answered) return std::unexpected(answered.error());
  return session_of(peer)->description->to_string();
}

Result<void, WebRtcRefusal> WebRtcEndpoint::answer_first(PeerConnection& peer, const std::string& offer) {
  forget(peer);  // an offer of ours that was never answered
  const auto description = sdp::SessionDescription::parse(offer);
  const bool peer_is_lite = description && description->attributes.has("ice-lite");
  Session& session = add_session(peer, !peer_is_lite);
  const auto answer = sdp::webrtc::answer(offer, session.local);
  if (!answer) {
    forget(peer);
    return refuse(answer.error().reason == sdp::webrtc::Refusal::Reason::bad_sdp ? 400 : 422,
                  answer.error().to_string());
  }
  session.description = answer->description;
  ++session.connections;
  peer.connect(make_transport(session, answer->negotiated), answer->negotiated, now());
  return {};
}

Result<void, WebRtcRefusal> WebRtcEndpoint::answer_again(Session& session, const std::string& offer) {
  PeerConnection& peer = *session.peer;
  const auto offered = sdp::webrtc::answer(offer, session.local);
  if (!offered) return refuse(422, offered.error().to_string());
  const auto changed = sdp::webrtc::changes(peer.negotiated(), offered->negotiated);
  const bool same_connection = !changed.dtls_restart && !peer.transport().ended();
  const auto before = session.local.ice;
  if (!same_connection) peer.disconnect(now());
  if (!same_connection || changed.ice_restart) renew_credentials(session);
  if (!same_connection && !session.local.ice_lite) {
    close_sockets(session);
    session.local.candidates.clear();
    open_sockets(session);
    for (const auto channel : session.sockets) start_socket(channel, peer);
  }
  const auto answer = sdp::webrtc::answer(offer, session.local,
                                          same_connection && session.description ? &*session.description : nullptr);
  if (!answer) return refuse(422, answer.error().to_string());
  session.description = answer->description;
  if (!same_connection) {
    log::info("webrtc session taken over call={}", peer.id());
    ++session.connections;
    peer.connect(make_transport(session, answer->negotiated), answer->negotiated, now());
  } else {
    std::optional<ice::Credentials> restart;
    if (session.local.ice != before) restart = session.local.ice;
    peer.renegotiate(std::move(restart), answer->negotiated, now());
  }
  return {};
}

std::string WebRtcEndpoint::make_offer(PeerConnection& peer) {
  auto* known = session_of(peer);
  Session& session = known ? *known : add_session(peer, true);
  session.description = sdp::webrtc::make_offer(session.local, session.description ? &*session.description : nullptr);
  return session.description->to_string();
}

Result<void, WebRtcRefusal> WebRtcEndpoint::accept(PeerConnection& peer, const std::string& answer) {
  auto* const session = session_of(peer);
  if (!session || !session->description) return refuse(422, "An answer without an offer.");
  const auto agreed = sdp::webrtc::accept_answer(*session->description, answer);
  if (!agreed) return refuse(422, agreed.error().to_string());
  if (!peer.negotiating() && sdp::webrtc::changes(peer.negotiated(), *agreed).dtls_restart) {
    peer.disconnect(now());
    session->ufrags.push_back(session->local.ice.ufrag);
    by_ufrag_[session->local.ice.ufrag] = &peer;
  }
  if (peer.negotiating() || peer.transport().ended()) peer.connect(make_transport(*session, *agreed), *agreed, now());
  else peer.renegotiate(std::nullopt, *agreed, now());
  return {};
}

// ---- calls over HTTP ---------------------------------------------------------------------------

Result<WebRtcAnswer, WebRtcRefusal> WebRtcEndpoint::offer(WebRtcOffer offer) {
  if (offer.sdp.size() > max_sdp) return refuse(413, "The offer is longer than 64 KiB.");
  if (!registry_.admit()) return refuse(503, "All lines are busy. Try again in a moment.");
  const auto call_id = make_ulid(registry_.environment().wall_clock(), random_);
  const auto rate = rate_of_offer(offer.sdp);
  auto peer =
      open({.rate = rate, .id = call_id, .cname = random_.token(16), .wall_now = registry_.environment().wall_clock()});
  auto answer = this->answer(*peer, offer.sdp);
  if (!answer) {
    registry_.release();
    return std::unexpected(std::move(answer.error()));
  }
  auto options = call::options_for(offer.target, config_.profile_of(offer.target));
  options.id = call_id;
  options.direction = call::Direction::inbound;
  options.from = std::move(offer.from);
  options.to = std::move(offer.to);
  options.identity = std::move(offer.identity);
  options.rate = rate;
  const auto ufrag = session_of(*peer)->local.ice.ufrag;
  registry_.create(std::move(options), offer.target, std::make_unique<WebRtcLeg>(std::move(peer), now()));
  return WebRtcAnswer{std::move(*answer), call_id, ufrag};
}

Result<WebRtcAnswer, WebRtcRefusal> WebRtcEndpoint::offer_again(const std::string& call_id, const std::string& sdp) {
  const auto found = sessions_.find(call_id);
  if (found == sessions_.end()) return refuse(404, "The call has ended.");
  const auto connections = found->second.connections;
  auto answer = this->answer(*found->second.peer, sdp);
  if (!answer) return std::unexpected(std::move(answer.error()));
  const Session& session = found->second;
  // The ufrag is in every check in the clear: it tells pages apart and opens nothing.
  if (auto* call = registry_.find(call_id); call && session.connections != connections)
    call->emit("leg.taken_over", fmt::format(R"({{"ice_ufrag":"{}"}})", session.peer->negotiated().remote.ice.ufrag));
  return WebRtcAnswer{std::move(*answer), call_id, session.local.ice.ufrag};
}

Result<WebRtcFragment, WebRtcRefusal> WebRtcEndpoint::trickle(const std::string& call_id, std::string_view text,
                                                              const std::optional<std::string>& ice_session) {
  const auto found = sessions_.find(call_id);
  if (found == sessions_.end() || found->second.peer->closed()) return refuse(404, "The call has ended.");
  Session& session = found->second;
  if (ice_session && *ice_session != session.local.ice.ufrag) return refuse(412, "ICE has been restarted since.");
  const auto fragment = sdp::TrickleFragment::parse(text);
  if (!fragment) return refuse(400, "The fragment cannot be read.");
  const auto& mid = session.peer->negotiated().remote.mid;
  std::vector<ice::Candidate> candidates;
  for (const auto& section : fragment->sections)
    candidates.insert(candidates.end(), section.candidates.begin(), section.candidates.end());
  const auto credentials = fragment->credentials_for(mid);
  if (!credentials || credentials->ufrag == session.peer->negotiated().remote.ice.ufrag) {
    for (const auto& candidate : candidates) session.peer->add_candidate(candidate, now());
    return WebRtcFragment{{}, session.local.ice.ufrag};
  }

  auto negotiated = session.peer->negotiated();
  negotiated.remote.ice = *credentials;
  negotiated.remote.candidates = std::move(candidates);
  renew_credentials(session);
  session.peer->renegotiate(session.local.ice, negotiated, now());
  sdp::TrickleFragment ours;
  ours.credentials = session.local.ice;
  ours.ice_lite = session.local.ice_lite;
  ours.sections.push_back({.mid = mid, .candidates = session.local.candidates, .end_of_candidates = true});
  return WebRtcFragment{ours.to_string(), session.local.ice.ufrag};
}

}  // namespace parley::legs
