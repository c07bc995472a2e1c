// Session descriptions as text (RFC 8866): read, written, and kept whole in between.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/endpoint.hpp"
#include "base/result.hpp"

namespace parley::sdp {

enum class ParseError : std::uint8_t {
  too_large,
  bad_line,     // no `x=`, or a control character inside
  bad_version,  // the first line is not v=0
  bad_origin,
  bad_connection,
  bad_media,
  missing_origin,
};

struct Error {
  ParseError error{};
  std::size_t line = 0;  // 1-based
};

/// For a Warning header or a log line, e.g. "bad connection".
std::string_view describe(ParseError error);

/// `a=name` or `a=name:value`.
struct Attribute {
  std::string name;
  std::optional<std::string> value;
  std::size_t line = 0;  // where it was read; not part of its value

  bool operator==(const Attribute& other) const { return name == other.name && value == other.value; }
};

/// In the order they came, unknown ones too. Names compare with case (RFC 8866 §6).
class Attributes {
 public:
  const Attribute* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Of the first of that name; nothing when absent, empty when it has no value.
  std::optional<std::string_view> value(std::string_view name) const;
  std::vector<std::string_view> values(std::string_view name) const;
  void add(std::string name, std::optional<std::string> value = std::nullopt, std::size_t line = 0) {
    attributes_.push_back({std::move(name), std::move(value), line});
  }
  void erase(std::string_view name);

  auto begin() const { return attributes_.begin(); }
  auto end() const { return attributes_.end(); }
  bool operator==(const Attributes&) const = default;

 private:
  std::vector<Attribute> attributes_;
};

/// `IN IP4 192.0.2.1`: c= and the end of o=. The address may be a name, and may carry a TTL.
struct Connection {
  std::string net_type = "IN", address_type = "IP4", address;

  static Connection of(const IpAddress& ip) { return {"IN", ip.is_v6() ? "IP6" : "IP4", ip.to_string()}; }
  /// Nothing when it is no literal address.
  std::optional<IpAddress> ip() const;
  bool operator==(const Connection&) const = default;
};

struct Origin {
  std::string username = "-";
  std::uint64_t session_id = 0, version = 0;
  Connection address;
  bool operator==(const Origin&) const = default;
};

/// A line that is kept and not understood: i, u, e, p, b, t, r, z, k, and c beyond the first.
struct Field {
  char type = 0;
  std::string value;
  bool operator==(const Field&) const = default;
};

struct Media {
  std::string kind;        // "audio", "video" …
  std::uint16_t port = 0;  // 0: rejected
  std::uint16_t ports = 1;
  std::string protocol;  // "RTP/AVP" …
  std::vector<std::string> formats;
  std::optional<Connection> connection;
  std::vector<Field> fields;
  Attributes attributes;
  std::size_t line = 0;  // of its m=, where it was read; not part of its value

  bool operator==(const Media& other) const {
    return kind == other.kind && port == other.port && ports == other.ports && protocol == other.protocol &&
           formats == other.formats && connection == other.connection && fields == other.fields &&
           attributes == other.attributes;
  }
};

/// `m=audio 9 UDP/TLS/RTP/SAVPF 111`, as it is written.
std::string line_text(const Media& media);
/// `a=mid:0`.
std::string line_text(const Attribute& attribute);

struct SessionDescription {
  Origin origin;
  std::string name = "-";
  std::optional<Connection> connection;
  std::vector<Field> fields{{'t', "0 0"}};
  Attributes attributes;
  std::vector<Media> media;

  /// Lenient where nothing is at stake: bare LF, empty lines, session lines out of order, missing s= and t=.
  /// Lines of unknown type are dropped, as RFC 8866 §5 asks. At most 64 KiB, 2,000 lines, 64 media.
  static Result<SessionDescription, Error> parse(std::string_view text);
  std::string to_string() const;
  bool operator==(const SessionDescription&) const = default;
};

}  // namespace parley::sdp
