#include "api/api.hpp"

namespace parley::api {

Api::Api(ApiConfig config, Backend& backend, call::EventHub& events, observe::Metrics& metrics, net::Workers& workers)
    : config_{std::move(config)},
      backend_{backend},
      events_{events},
      metrics_{metrics},
      workers_{workers},
      authentication_{config_.admin_token} {}

void Api::add_routes(net::HttpRouter& router) {
  add_service_routes(router);
  add_call_routes(router);
  add_event_routes(router);
}

void Api::add(net::HttpRouter& router, std::string_view method, std::string_view pattern, Member member) {
  router.add(method, pattern, [this, member](net::HttpRequest& request) { return authenticated(request, member); });
}

void Api::add_open(net::HttpRouter& router, std::string_view method, std::string_view pattern, Member member) {
  router.add(method, pattern, [this, member](net::HttpRequest& request) { return (this->*member)(request); });
}

Api::Handled Api::authenticated(net::HttpRequest& request, Member member) {
  auto refusal = authentication_.refuse(request, Clock::now());
  if (refusal) co_return std::move(*refusal);
  net::HttpResponse response = co_await (this->*member)(request);
  response.with("Cache-Control", "no-store");
  co_return response;
}

}  // namespace parley::api
