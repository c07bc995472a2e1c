// SIP requests and responses (RFC 3261 §7).
//
// A message owns its text: signalling is rare beside media (a parse costs a few microseconds),
// and transactions, dialogs and the trace all keep messages longer than the datagram lives.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "protocol/sip/headers.hpp"

namespace parley::sip {

struct HeaderField {
  std::string name;   // canonical long form: "v" arrives as "Via", "call-id" as "Call-ID"
  std::string value;  // unfolded, trimmed
  bool operator==(const HeaderField&) const = default;
};

/// A request (method set, status 0) or a response (status set).
///
/// The fields that every message must have are parsed and validated by parse(); every other header
/// is kept in order and parsed by whoever reads it.
class Message {
 public:
  // Start line
  std::string method;  // as on the wire, case-sensitive; empty in a response
  Uri request_uri;
  int status = 0;  // 100–699; 0 in a request
  std::string reason;

  // Mandatory, typed
  std::vector<Via> via;  // topmost first
  NameAddr from, to;
  std::string call_id;
  CSeq cseq;
  std::uint32_t max_forwards = 70;  // requests

  std::vector<HeaderField> headers;  // all others, in order (Content-Length excluded)
  std::string body;

  bool is_request() const { return status == 0; }
  bool is_response() const { return status != 0; }

  /// First value of a header, by its canonical or any-case long name; nothing when absent.
  std::optional<std::string_view> header(std::string_view name) const;
  /// All values of a list header (Contact, Route, Supported …), split at commas, in order.
  std::vector<std::string_view> header_list(std::string_view name) const;
  /// True when a token list header (Supported, Require, Allow …) contains `token`.
  bool has_token(std::string_view header, std::string_view token) const;
  void add(std::string name, std::string value) { headers.push_back({std::move(name), std::move(value)}); }
  void set(std::string_view name, std::string value);  // replaces all of that name
  void remove(std::string_view name);

  /// Addresses of a list header; bad members end it with the error.
  Result<std::vector<NameAddr>, ParseError> addresses(std::string_view name) const;

  /// Wire text, Content-Length included.
  std::string to_string() const;
  bool operator==(const Message&) const = default;
};

/// The error and what could still be read: enough to answer 400 where there is something to answer.
struct ParseFailure {
  ParseError error{};
  std::optional<Message> partial{};       // a request with a usable Via
  std::vector<HeaderField> unreadable{};  // its From, To, Call-ID and CSeq as they came, where they could not be read
};

/// One datagram is one message: bytes behind Content-Length are ignored, fewer are an error (RFC 3261 §18.3).
Result<Message, ParseFailure> parse(std::string_view datagram);

/// A response to `request` with its Via, From, To, Call-ID and CSeq (RFC 3261 §8.2.6). `to_tag` is
/// added when To has none and the status is above 100; empty leaves To alone.
Message make_response(const Message& request, int status, std::string_view reason, std::string_view to_tag);

/// The standard phrase of a status code, "" when unknown.
std::string_view reason_phrase(int status);

/// Cuts messages out of a byte stream (RFC 3261 §18.3): Content-Length is mandatory there.
/// Bounded: a message over `max_message` or a bad Content-Length poisons the stream.
class StreamSplitter {
 public:
  explicit StreamSplitter(std::size_t max_message = 65'535) : max_message_{max_message} {}

  void receive(std::string_view bytes);
  /// The next whole message's text; `"\r\n\r\n"` and `"\r\n"` for keep-alives (RFC 5626 §4.4.1).
  std::optional<std::string> poll();
  bool failed() const { return failed_; }  // close the connection

 private:
  std::string buffer_;
  std::size_t consumed_ = 0;  // of the buffer, by messages already handed out
  std::size_t scanned_ = 0;   // behind that, already known to hold no empty line
  std::size_t max_message_;
  bool failed_ = false;
};

}  // namespace parley::sip
