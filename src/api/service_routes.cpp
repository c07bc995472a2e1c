#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "api/embedded.hpp"
#include "api/pages.hpp"
#include "net/worker.hpp"
#include "observe/metrics.hpp"

namespace parley::api {

namespace {

std::int64_t resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::int64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

/// Straight from this machine: a proxy in front would make everyone look local.
bool is_local(const net::HttpRequest& request) { return !is_proxied(request) && request.remote.address.is_loopback(); }

}  // namespace

void Api::add_service_routes(net::HttpRouter& router) {
  add_open(router, "GET", "/health", &Api::health);
  add_open(router, "GET", "/ready", &Api::ready);
  add_open(router, "GET", "/metrics", &Api::metrics);
  add_open(router, "GET", "/api/openapi.yaml", &Api::openapi);
  Pages::add_routes(router, embedded::web_files, config_.sip_address);
}

Api::Handled Api::health(net::HttpRequest&) {
  // activeSessions, uptime and memory are the names that existing bridges poll.
  const nlohmann::ordered_json answer{{"status", "healthy"},
                                      {"version", PARLEY_VERSION},
                                      {"activeSessions", backend_.active_calls()},
                                      {"uptime", static_cast<double>(to_ms(Clock::now() - started_)) / 1000.0},
                                      {"memory", {{"rss", resident_bytes()}}},
                                      {"workers", workers_.size()}};
  co_return net::json_response(200, answer.dump());
}

Api::Handled Api::ready(net::HttpRequest&) {
  const Readiness readiness = backend_.readiness();
  nlohmann::ordered_json answer{{"status", readiness.status}};
  const bool ready = readiness.status == "ready";
  if (!ready) answer["reasons"] = readiness.reasons;
  co_return net::json_response(ready ? 200 : 503, answer.dump());
}

Api::Handled Api::metrics(net::HttpRequest& request) {
  if (!is_local(request)) {
    auto refusal = refuse(request, Access::read);
    if (refusal) co_return std::move(*refusal);
  }
  co_return net::text_response(200, observe::Metrics::content_type, metrics_.render());
}

Api::Handled Api::openapi(net::HttpRequest&) {
  co_return net::text_response(200, "application/yaml; charset=utf-8", std::string{embedded::openapi_yaml});
}

}  // namespace parley::api
