// Browser signalling: offers in JSON for our own page, and WHIP (RFC 9725) for other programs.
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "api/body.hpp"
#include "api/if_match.hpp"

namespace parley::api {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_sdp = 64 * 1024;
constexpr std::string_view sdp_type = "application/sdp", fragment_type = "application/trickle-ice-sdpfrag";

bool is_type(const net::HttpRequest& request, std::string_view type) {
  const auto sent = request.header("Content-Type").value_or("");
  return sent.substr(0, sent.find(';')) == type;
}

net::HttpResponse unsupported(std::string_view wanted) {
  return net::problem(415, "The body must be " + std::string{wanted} + ".");
}

std::string entity_tag(std::string_view ice_session) { return '"' + std::string{ice_session} + '"'; }

net::HttpResponse too_many() {
  auto full = net::problem(503, "There are too many sessions.");
  return full.with("Retry-After", "60");
}

}  // namespace

void Api::add_webrtc_routes(net::HttpRouter& router) {
  add_open(router, "POST", "/webrtc/offer", &Api::webrtc_offer);
  add(router, "PATCH", "/webrtc/offer/{id}", Access::act_own, &Api::webrtc_patch);
  add(router, "DELETE", "/webrtc/offer/{id}", Access::act_own, &Api::webrtc_hang_up);
  add_open(router, "POST", "/whip/{to}", &Api::whip);
  // Their path is proof enough: nobody guesses the token in it.
  add_open(router, "PATCH", "/whip/{to}/{token}", &Api::whip_patch);
  add_open(router, "DELETE", "/whip/{to}/{token}", &Api::whip_hang_up);
}

Api::Handled Api::webrtc_offer(net::HttpRequest& request) {
  Body body{request};
  auto sdp = body.required_string("sdp", max_sdp);
  const auto type = body.required_string("type", 20);
  if (!type.empty() && type != "offer") body.fail("type", "must be \"offer\"");
  const auto to = body.string("to", 100);
  const auto token = body.string("session", 200).value_or("");
  const auto call_id = body.string("call_id", 100);
  if (call_id && to) body.fail("call_id", "names a call in progress, and `to` begins another: give one of them");
  auto refusal = body.refusal();
  if (refusal) co_return std::move(*refusal);
  const auto now = Clock::now();
  auto session = authentication_.session_of(request, token, now);
  if (!session) co_return std::move(session.error());

  // The token of a call takes it up again; whoever names an extension as well wants another call.
  if (call_id && (!*session || (*session)->call_id != *call_id))
    co_return net::problem(403, "This session has no such call.");
  const bool again = call_id || (!token.empty() && *session && !(*session)->call_id.empty() && !to);
  if (again) {
    auto response = co_await offer_again(**session, token, std::move(sdp));
    co_return response;
  }

  WebRtcOffer offer{std::move(sdp), to.value_or(std::string{default_extension}), *session, is_proxied(request)};
  auto answer = co_await backend_.webrtc_offer(std::move(offer));
  if (!answer) co_return to_response(answer.error());
  Json document{{"sdp", answer->sdp}, {"type", "answer"}, {"call_id", answer->call_id}};
  if (*session) {
    const auto opened = authentication_.open_for_call(*session, answer->call_id, now);
    if (!opened) co_return too_many();
    document["session"] = opened->token;
    auto response = net::json_response(200, document.dump());
    response.with("ETag", entity_tag(answer->ice_session));
    co_return response;
  }
  const auto opened = authentication_.open(request, {.call_id = answer->call_id}, now);
  if (!opened) co_return too_many();
  document["session"] = opened->token;
  auto response = net::json_response(200, document.dump());
  response.with("Set-Cookie", opened->cookie).with("Cache-Control", "no-store");
  response.with("ETag", entity_tag(answer->ice_session));
  co_return response;
}

/// The token that was sent stays the call's; who came with a cookie gets one, to come back with.
Api::Handled Api::offer_again(store::Session session, std::string token, std::string sdp) {
  auto answer = co_await backend_.webrtc_offer_again(session.call_id, std::move(sdp));
  if (!answer) co_return to_response(answer.error());
  if (token.empty()) {
    const auto opened = authentication_.open_for_call(session, answer->call_id, Clock::now());
    if (!opened) co_return too_many();
    token = opened->token;
  }
  const Json document{{"sdp", answer->sdp}, {"type", "answer"}, {"call_id", answer->call_id}, {"session", token}};
  auto response = net::json_response(200, document.dump());
  response.with("ETag", entity_tag(answer->ice_session));
  co_return response;
}

Api::Handled Api::trickle(net::HttpRequest& request, std::string call_id, std::optional<std::string> ice_session) {
  if (!is_type(request, fragment_type)) co_return unsupported(fragment_type);
  Trickle theirs{std::move(request.body), std::move(ice_session)};
  auto ours = co_await backend_.webrtc_trickle(std::move(call_id), std::move(theirs));
  if (!ours) co_return to_response(ours.error());
  if (ours->fragment.empty()) co_return net::HttpResponse{204};
  auto response = net::text_response(200, std::string{fragment_type}, std::move(ours->fragment));
  response.with("ETag", entity_tag(ours->ice_session));
  co_return response;
}

Api::Handled Api::webrtc_patch(net::HttpRequest& request) {
  auto condition = IfMatch::parse(request.header("If-Match").value_or("*"));
  if (!condition) co_return net::problem(400, "If-Match must be an entity tag or *.");
  auto response = co_await trickle(request, std::string{request.param("id")}, std::move(condition->tag));
  co_return response;
}

Api::Handled Api::webrtc_hang_up(net::HttpRequest& request) {
  const auto done = co_await backend_.webrtc_hang_up(std::string{request.param("id")});
  if (!done) co_return to_response(done.error());
  co_return net::HttpResponse{204};
}

Api::Handled Api::whip(net::HttpRequest& request) {
  if (!is_type(request, sdp_type)) co_return unsupported(sdp_type);
  if (request.body.size() > max_sdp) co_return net::problem(413, "The offer is longer than 64 KiB.");
  const auto now = Clock::now();
  auto session = authentication_.session_of(request, "", now);
  if (!session) co_return std::move(session.error());
  WebRtcOffer offer{std::move(request.body), std::string{request.param("to")}, *session, is_proxied(request)};
  auto answer = co_await backend_.webrtc_offer(std::move(offer));
  if (!answer) co_return to_response(answer.error());
  const auto opened = authentication_.open_for_call(*session, answer->call_id, now);
  if (!opened) co_return too_many();
  auto response = net::text_response(201, std::string{sdp_type}, std::move(answer->sdp));
  response.with("Location", request.path + "/" + opened->token).with("Parley-Call", answer->call_id);
  response.with("ETag", entity_tag(answer->ice_session)).with("Cache-Control", "no-store");
  // Whoever was answered may call: the servers are for them.
  const std::string user = *session ? (*session)->user_id : "";
  for (auto& link : ice_server_links(config_.ice_servers, user, std::chrono::system_clock::now()))
    response.with("Link", std::move(link));
  co_return response;
}

std::string Api::whip_call(const net::HttpRequest& request) {
  const auto session = authentication_.session_of(request, request.param("token"), Clock::now());
  return session && *session ? (*session)->call_id : std::string{};
}

Api::Handled Api::whip_patch(net::HttpRequest& request) {
  auto call = whip_call(request);
  if (call.empty()) co_return net::problem(404, "There is no such session.");
  const auto header = request.header("If-Match");
  if (!header) co_return net::problem(428, "If-Match must name the ETag of the ICE session, or * for a restart.");
  auto condition = IfMatch::parse(*header);
  if (!condition) co_return net::problem(400, "If-Match must be an entity tag or *.");
  auto response = co_await trickle(request, std::move(call), std::move(condition->tag));
  co_return response;
}

Api::Handled Api::whip_hang_up(net::HttpRequest& request) {
  auto call = whip_call(request);
  if (call.empty()) co_return net::problem(404, "There is no such session.");
  const auto done = co_await backend_.webrtc_hang_up(std::move(call));
  if (!done) co_return to_response(done.error());
  co_return net::HttpResponse{200};
}

}  // namespace parley::api
