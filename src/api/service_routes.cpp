#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "api/embedded.hpp"
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

std::string replace_all(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

}  // namespace

void Api::add_service_routes(net::HttpRouter& router) {
  add_open(router, "GET", "/health", &Api::health);
  add_open(router, "GET", "/ready", &Api::ready);
  add_open(router, "GET", "/metrics", &Api::metrics);
  add_open(router, "GET", "/api/openapi.yaml", &Api::openapi);
  add_open(router, "GET", "/", &Api::page);
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

Api::Handled Api::page(net::HttpRequest&) {
  Random random = Random::secure();
  const std::string nonce = random.token(26);
  std::string html = replace_all(std::string{embedded::index_html}, "__NONCE__", nonce);
  html = replace_all(std::move(html), "__VERSION__", PARLEY_VERSION);
  html = replace_all(std::move(html), "__SIP_ADDRESS__", html_escaped(config_.sip_address));
  auto response = net::text_response(200, "text/html; charset=utf-8", std::move(html));
  response
      .with("Content-Security-Policy",
            fmt::format("default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; connect-src 'self'; "
                        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                        nonce))
      .with("X-Content-Type-Options", "nosniff")
      .with("Referrer-Policy", "no-referrer")
      .with("Cache-Control", "no-store");
  co_return response;
}

}  // namespace parley::api
