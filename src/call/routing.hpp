// Which assistant, extension or test application a call is for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::call {

/// What answers a routed call.
struct RouteTarget {
  enum class Kind : std::uint8_t { assistant, extension, outside, echo, tone, dictation, listener };
  Kind kind = Kind::assistant;
  std::string assistant;  // its name, with Kind::assistant
  std::string extension;  // of an agent, with Kind::extension; the number dialled, with Kind::outside
  bool operator==(const RouteTarget&) const = default;
};

/// One row of the table. An empty pattern matches everything; `*` in a pattern stands for any text.
struct Route {
  std::string to;    // the extension or number called
  std::string from;  // the caller's user part, or `trunk:<name>`
  RouteTarget target;
  bool open = false;  // callable without a PIN or digest
};

/// What is known of a call when it is routed.
struct RouteQuery {
  std::string_view to;
  std::string_view from;
  std::string_view trunk;  // name; empty when it did not come through one
};

/// `*` in a pattern stands for any text, also none. Linear in the text for each `*`.
bool matches_pattern(std::string_view pattern, std::string_view text);

/// Rows in the order of the configuration: the first match wins. Null when none does.
const Route* find_route(const std::vector<Route>& routes, const RouteQuery& query);

}  // namespace parley::call
