#include "net/http_router.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace parley::net {

namespace {

std::vector<std::string> split(std::string_view path) {
  PARLEY_ASSERT(path.starts_with('/'));
  std::vector<std::string> segments;
  for (;;) {
    path.remove_prefix(1);
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash);
  }
}

bool is_name(std::string_view segment) { return segment.starts_with('{'); }
bool is_rest(std::string_view segment) { return segment.ends_with("...}"); }

bool matches(const std::vector<std::string>& pattern, std::string_view path, NamedValues& params) {
  params.clear();
  for (const std::string& segment : pattern) {
    if (!path.starts_with('/')) return false;
    path.remove_prefix(1);
    if (is_rest(segment)) {
      params.emplace_back(segment.substr(1, segment.size() - 5), path);
      return true;
    }
    const auto part = path.substr(0, path.find('/'));
    if (is_name(segment)) {
      if (part.empty()) return false;
      params.emplace_back(segment.substr(1, segment.size() - 2), part);
    } else if (part != segment) {
      return false;
    }
    path.remove_prefix(part.size());
  }
  return path.empty();
}

/// Literal before `{name}` before `{name...}`, from the left.
bool more_literal(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const auto rank = [](const std::string& segment) { return is_rest(segment) ? 2 : is_name(segment) ? 1 : 0; };
  return std::ranges::lexicographical_compare(a, b, {}, rank, rank);
}

}  // namespace

void HttpRouter::add(std::string_view method, std::string_view pattern, HttpHandler handler) {
  Route route{std::string{method}, split(pattern), std::move(handler)};
  const auto place = std::ranges::upper_bound(routes_, route.segments, more_literal, &Route::segments);
  routes_.insert(place, std::move(route));
}

void HttpRouter::add_websocket(std::string_view pattern, UpgradeHandler handler) {
  Route route{{}, split(pattern), std::move(handler)};
  const auto place = std::ranges::upper_bound(routes_, route.segments, more_literal, &Route::segments);
  routes_.insert(place, std::move(route));
}

HttpRouter::Match HttpRouter::find(HttpRequest& request, bool upgrade) const {
  std::string allow;
  bool websocket_only = false;
  NamedValues params;
  for (const Route& route : routes_) {
    if (!matches(route.segments, request.path, params)) continue;
    if (const auto* handler = std::get_if<UpgradeHandler>(&route.handler)) {
      if (upgrade) {
        request.params = std::move(params);
        return handler;
      }
      websocket_only = true;
      continue;
    }
    if (route.method == request.method || (route.method == "GET" && request.method == "HEAD")) {
      request.params = std::move(params);
      return &std::get<HttpHandler>(route.handler);
    }
    const std::string_view method = route.method == "GET" ? "GET, HEAD" : std::string_view{route.method};
    if (allow.find(method) != std::string::npos) continue;
    if (!allow.empty()) allow += ", ";
    allow += method;
  }
  if (websocket_only && request.method == "GET") return NeedsUpgrade{};
  if (websocket_only) return MethodNotAllowed{allow.empty() ? "GET" : allow};
  if (!allow.empty()) return MethodNotAllowed{std::move(allow)};
  return NotFound{};
}

}  // namespace parley::net
