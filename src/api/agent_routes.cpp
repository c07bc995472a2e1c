#include "api/api.hpp"
#include "api/body.hpp"

namespace parley::api {

void Api::add_agent_routes(net::HttpRouter& router) {
  add(router, "GET", "/api/v1/agents", Access::agents, &Api::list_agents);
  add(router, "PUT", "/api/v1/agents/{extension}/presence", Access::own_name, &Api::set_presence);
}

Api::Handled Api::list_agents(net::HttpRequest&) { co_return net::json_response(200, backend_.list_agents()); }

Api::Handled Api::set_presence(net::HttpRequest& request) {
  Body body{request};
  auto presence = body.required_string("presence", 32);
  auto refusal = body.refusal();
  if (refusal) co_return std::move(*refusal);
  const auto done = co_await backend_.set_presence(std::string{request.param("extension")}, std::move(presence));
  if (!done) co_return to_response(done.error());
  co_return net::HttpResponse{204};
}

}  // namespace parley::api
