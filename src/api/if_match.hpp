// The If-Match of a WHIP request (RFC 9725 §4.3.1, RFC 9110 §13.1.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::api {

/// One strong entity tag, or any.
struct IfMatch {
  std::optional<std::string> tag;  // without its quotes; nothing: `*`

  /// `"x"`, `*`, and `"*"`, which the RFC's own examples have. Nothing for lists and weak tags: an ICE session has one
  /// strong tag, so neither can be meant.
  static std::optional<IfMatch> parse(std::string_view value);
};

}  // namespace parley::api
