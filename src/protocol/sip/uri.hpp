// SIP and SIPS URIs, and tel URIs as far as a telephone system meets them (RFC 3261 §19.1, RFC 3966).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "protocol/sip/error.hpp"

namespace parley::sip {

/// `;name` or `;name=value`, in the order they came. Names compare without case.
struct Param {
  std::string name;
  std::optional<std::string> value;  // unquoted when it was a quoted-string
  bool quoted = false;               // it was one, and becomes one again

  bool operator==(const Param& other) const { return name == other.name && value == other.value; }
};

class Params {
 public:
  /// Null when absent.
  const Param* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Empty when absent or without a value.
  std::string_view value(std::string_view name) const;
  void set(std::string_view name, std::optional<std::string> value = std::nullopt);
  void add(Param param) { params_.push_back(std::move(param)); }
  void erase(std::string_view name);

  auto begin() const { return params_.begin(); }
  auto end() const { return params_.end(); }
  bool empty() const { return params_.empty(); }
  /// `;a=b;c`, quoting values that came quoted or cannot stand bare.
  void append_to(std::string& out) const;
  bool operator==(const Params&) const = default;

 private:
  std::vector<Param> params_;
};

struct Uri {
  std::string scheme;      // lower case: "sip", "sips", "tel"; others keep everything in `opaque`
  std::string user;        // as on the wire, still escaped; the number when tel
  std::string password;    // as on the wire
  std::string host;        // lower case; IPv6 with its brackets
  std::uint16_t port = 0;  // 0: none given
  Params params;
  std::string headers;  // after '?', as on the wire
  std::string opaque;   // an unknown scheme's rest

  static Result<Uri, ParseError> parse(std::string_view text);
  std::string to_string() const;
  bool is_sip() const { return scheme == "sip" || scheme == "sips"; }
  /// The user part with its escapes undone; may contain any byte.
  std::string decoded_user() const;
  /// RFC 3261 §19.1.4.
  bool equivalent(const Uri& other) const;
  bool operator==(const Uri&) const = default;
};

}  // namespace parley::sip
