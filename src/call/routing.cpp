#include "call/routing.hpp"

namespace parley::call {
namespace {

constexpr std::string_view trunk_prefix = "trunk:";

}  // namespace

/// The last star is the only one that is ever moved back to.
bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

const Route* find_route(const std::vector<Route>& routes, const RouteQuery& query) {
  for (const Route& route : routes) {
    if (!route.to.empty() && !matches_pattern(route.to, query.to)) continue;
    if (route.from.starts_with(trunk_prefix)) {
      if (route.from.substr(trunk_prefix.size()) != query.trunk) continue;
    } else if (!route.from.empty() && !matches_pattern(route.from, query.from)) {
      continue;
    }
    return &route;
  }
  return nullptr;
}

}  // namespace parley::call
