#include "api/api.hpp"

namespace parley::api {

net::HttpResponse to_response(const Refusal& refusal) {
  auto response = net::problem(refusal.status, refusal.detail, refusal.errors);
  if (refusal.retry_after_seconds) response.with("Retry-After", std::to_string(*refusal.retry_after_seconds));
  return response;
}

Api::Api(ApiConfig config, Backend& backend, call::EventHub& events, observe::Metrics& metrics, net::Workers& workers,
         store::Sessions& sessions)
    : config_{std::move(config)},
      backend_{backend},
      events_{events},
      metrics_{metrics},
      workers_{workers},
      authentication_{config_.admin_token, config_.keys, sessions} {}

void Api::add_routes(net::HttpRouter& router) {
  add_service_routes(router);
  add_session_routes(router);
  add_agent_routes(router);
  add_call_routes(router);
  add_transfer_routes(router);
  add_webrtc_routes(router);
  add_event_routes(router);
}

void Api::add(net::HttpRouter& router, std::string_view method, std::string_view pattern, Access access,
              Member member) {
  router.add(method, pattern,
             [this, access, member](net::HttpRequest& request) { return authenticated(request, access, member); });
}

void Api::add_open(net::HttpRouter& router, std::string_view method, std::string_view pattern, Member member) {
  router.add(method, pattern, [this, member](net::HttpRequest& request) { return (this->*member)(request); });
}

Subject Api::subject_of(const store::Session& session, std::string_view call_id, std::string_view extension) const {
  const bool agents_call = !session.extension.empty() && backend_.agent_has_call(session.extension, call_id);
  return {call_id, extension, agents_call};
}

std::optional<net::HttpResponse> Api::refuse(const net::HttpRequest& request, Access access) {
  auto session = authentication_.identify(request, Clock::now());
  if (!session) return std::move(session.error());
  if (allows(*session, access, subject_of(*session, request.param("id"), request.param("extension"))))
    return std::nullopt;
  return net::problem(403, session->role == store::Role::caller ? "A caller may see and steer their own call only."
                                                                : "The role of these credentials does not allow it.");
}

Api::Handled Api::authenticated(net::HttpRequest& request, Access access, Member member) {
  auto refusal = refuse(request, access);
  if (refusal) co_return std::move(*refusal);
  net::HttpResponse response = co_await (this->*member)(request);
  response.with("Cache-Control", "no-store");
  co_return response;
}

}  // namespace parley::api
