// The structured header fields that transactions, dialogs and routing read (RFC 3261 §20).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "protocol/sip/uri.hpp"

namespace parley::sip {

/// From, To, Contact, Route, Record-Route, Refer-To: `"Display" <uri>;params`.
struct NameAddr {
  std::string display;  // unquoted
  Uri uri;
  Params params;  // header parameters (tag, q, expires …), not the URI's

  /// `Contact: *` is no address: compare the header's text before.
  static Result<NameAddr, ParseError> parse(std::string_view text);
  std::string to_string() const;
  std::string_view tag() const { return params.value("tag"); }
  bool operator==(const NameAddr&) const = default;
};

struct Via {
  std::string transport;  // upper case: "UDP", "TCP", "TLS", "WS", "WSS" or what the peer wrote
  std::string host;
  std::uint16_t port = 0;  // 0: none given
  Params params;

  /// `any_version` is for answering 505 to a message from the future.
  static Result<Via, ParseError> parse(std::string_view text, bool any_version = false);
  std::string to_string() const;
  std::string_view branch() const { return params.value("branch"); }
  bool operator==(const Via&) const = default;
};

struct CSeq {
  std::uint32_t number = 0;
  std::string method;

  static Result<CSeq, ParseError> parse(std::string_view text);
  bool operator==(const CSeq&) const = default;
};

/// RAck of a PRACK (RFC 3262 §7.2).
struct RAck {
  std::uint32_t rseq = 0;
  CSeq cseq;
  static Result<RAck, ParseError> parse(std::string_view text);
};

/// Session-Expires and Min-SE (RFC 4028 §4, §5).
struct SessionExpires {
  std::uint32_t seconds = 0;
  std::string refresher;  // "uac", "uas" or empty
  static Result<SessionExpires, ParseError> parse(std::string_view text);
  std::string to_string() const;
};

/// A decimal of at most 2^32 − 1; more is an error, never a wrap.
Result<std::uint32_t, ParseError> parse_u32(std::string_view text);

/// The members of a comma-separated header value; commas inside quotes and <> do not count.
/// A blank value has none; between two commas stands an empty one.
Result<std::vector<std::string_view>, ParseError> split_list(std::string_view value);

/// Header names, methods' look-alikes and tokens compare without case in SIP.
bool iequals(std::string_view a, std::string_view b);

}  // namespace parley::sip
