// Offers, answers and trickled candidates of the endpoint's sessions.
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/ulid.hpp"
#include "legs/webrtc/endpoint.hpp"
#include "legs/webrtc/udp_channel.hpp"
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

audio::Rate rate_of(const sdp::webrtc::Negotiated& negotiated) {
  const auto& codec = negotiated.codec().map;
  // G.722's clock is 8000 by an old mistake (RFC 3551 §4.5.2); it samples at 16 kHz.
  const bool wide = codec.clock > 8'000 || codec.same_codec({.encoding = "G722", .clock = 8'000});
  return wide ? audio::Rate::wide : audio::Rate::narrow;
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
  by_ufrag_[session.local.ice.ufrag] = session.leg;
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

Result<WebRtcAnswer, WebRtcRefusal> WebRtcEndpoint::offer(WebRtcOffer offer) {
  if (offer.sdp.size() > max_sdp) return refuse(413, "The offer is longer than 64 KiB.");
  const auto description = sdp::SessionDescription::parse(offer.sdp);
  const bool peer_is_lite = description && description->attributes.has("ice-lite");
  if (!registry_.admit()) return refuse(503, "All lines are busy. Try again in a moment.");

  const auto call_id = make_ulid(registry_.environment().wall_clock(), random_);
  Session session;
  session.local = describe(ice::Credentials::make(worker_.index(), random_), !peer_is_lite);
  session.local.session_id = random_.u64() >> 2;
  if (peer_is_lite) open_sockets(session);
  const auto answer = sdp::webrtc::answer(offer.sdp, session.local);
  if (!answer) {
    close_sockets(session);
    registry_.release();
    return refuse(answer.error().reason == sdp::webrtc::Refusal::Reason::bad_sdp ? 400 : 422,
                  answer.error().to_string());
  }
  const auto rate = rate_of(answer->negotiated);
  auto leg = std::make_unique<WebRtcLeg>(static_cast<WebRtcWorld&>(*this),
                                         WebRtcLeg::Config{.rate = rate,
                                                           .call_id = call_id,
                                                           .cname = random_.token(16),
                                                           .wall_now = registry_.environment().wall_clock()},
                                         random_, now());
  session.leg = leg.get();
  session.answer = answer->description;
  for (const auto channel : session.sockets) start_socket(channel, *leg);
  session.ufrags.push_back(session.local.ice.ufrag);
  by_ufrag_[session.local.ice.ufrag] = leg.get();
  auto& kept = sessions_[call_id] = std::move(session);
  leg->connect(make_transport(kept, answer->negotiated), answer->negotiated, now());

  auto options = call::options_for(offer.target, config_.profile_of(offer.target));
  options.id = call_id;
  options.direction = call::Direction::inbound;
  options.from = std::move(offer.from);
  options.to = std::move(offer.to);
  options.identity = std::move(offer.identity);
  options.rate = rate;
  const auto ufrag = kept.local.ice.ufrag;
  registry_.create(std::move(options), offer.target, std::move(leg));
  return WebRtcAnswer{answer->description.to_string(), call_id, ufrag};
}

Result<WebRtcAnswer, WebRtcRefusal> WebRtcEndpoint::offer_again(const std::string& call_id, const std::string& sdp) {
  if (sdp.size() > max_sdp) return refuse(413, "The offer is longer than 64 KiB.");
  const auto found = sessions_.find(call_id);
  if (found == sessions_.end() || found->second.leg->over()) return refuse(404, "The call has ended.");
  Session& session = found->second;
  WebRtcLeg& leg = *session.leg;

  const auto offered = sdp::webrtc::answer(sdp, session.local);
  if (!offered) return refuse(422, offered.error().to_string());
  const auto changed = sdp::webrtc::changes(leg.negotiated(), offered->negotiated);
  const bool same_connection = !changed.dtls_restart && !leg.transport().ended();
  const auto before = session.local.ice;
  if (!same_connection) leg.disconnect(now());
  if (!same_connection || changed.ice_restart) renew_credentials(session);
  if (!same_connection && !session.local.ice_lite) {
    close_sockets(session);
    session.local.candidates.clear();
    open_sockets(session);
    for (const auto channel : session.sockets) start_socket(channel, leg);
  }
  const auto answer = sdp::webrtc::answer(sdp, session.local, same_connection ? &session.answer : nullptr);
  if (!answer) return refuse(422, answer.error().to_string());
  session.answer = answer->description;
  if (!same_connection) {
    log::info("webrtc session taken over call={}", call_id);
    leg.connect(make_transport(session, answer->negotiated), answer->negotiated, now());
    // The ufrag is in every check in the clear: it tells pages apart and opens nothing.
    if (auto* call = registry_.find(call_id))
      call->emit("leg.taken_over", fmt::format(R"({{"ice_ufrag":"{}"}})", answer->negotiated.remote.ice.ufrag));
  } else {
    std::optional<ice::Credentials> restart;
    if (session.local.ice != before) restart = session.local.ice;
    leg.renegotiate(std::move(restart), answer->negotiated, now());
  }
  return WebRtcAnswer{answer->description.to_string(), call_id, session.local.ice.ufrag};
}

Result<WebRtcFragment, WebRtcRefusal> WebRtcEndpoint::trickle(const std::string& call_id, std::string_view text,
                                                              const std::optional<std::string>& ice_session) {
  const auto found = sessions_.find(call_id);
  if (found == sessions_.end() || found->second.leg->over()) return refuse(404, "The call has ended.");
  Session& session = found->second;
  if (ice_session && *ice_session != session.local.ice.ufrag) return refuse(412, "ICE has been restarted since.");
  const auto fragment = sdp::TrickleFragment::parse(text);
  if (!fragment) return refuse(400, "The fragment cannot be read.");
  const auto& mid = session.leg->negotiated().remote.mid;
  std::vector<ice::Candidate> candidates;
  for (const auto& section : fragment->sections)
    candidates.insert(candidates.end(), section.candidates.begin(), section.candidates.end());
  const auto credentials = fragment->credentials_for(mid);
  if (!credentials || credentials->ufrag == session.leg->negotiated().remote.ice.ufrag) {
    for (const auto& candidate : candidates) session.leg->add_candidate(candidate, now());
    return WebRtcFragment{{}, session.local.ice.ufrag};
  }

  auto negotiated = session.leg->negotiated();
  negotiated.remote.ice = *credentials;
  negotiated.remote.candidates = std::move(candidates);
  renew_credentials(session);
  session.leg->renegotiate(session.local.ice, negotiated, now());
  sdp::TrickleFragment ours;
  ours.credentials = session.local.ice;
  ours.ice_lite = session.local.ice_lite;
  ours.sections.push_back({.mid = mid, .candidates = session.local.candidates, .end_of_candidates = true});
  return WebRtcFragment{ours.to_string(), session.local.ice.ufrag};
}

}  // namespace parley::legs
