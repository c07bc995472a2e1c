// STUN messages (RFC 8489) seen through the datagram they came in: nothing is copied or allocated.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/result.hpp"

namespace parley::stun {

inline constexpr std::uint32_t magic_cookie = 0x2112A442;
inline constexpr std::size_t header_size = 20;
inline constexpr std::uint16_t binding = 0x001;  // the only method that ICE needs

using TransactionId = std::array<std::byte, 12>;

enum class Class : std::uint8_t { request = 0, indication = 1, success = 2, error = 3 };

/// RFC 8489 §18.3, and RFC 8445 §16.1 for those of ICE.
enum class AttributeType : std::uint16_t {
  username = 0x0006,
  message_integrity = 0x0008,
  error_code = 0x0009,
  unknown_attributes = 0x000A,
  message_integrity_sha256 = 0x001C,
  xor_mapped_address = 0x0020,
  priority = 0x0024,
  use_candidate = 0x0025,
  software = 0x8022,
  fingerprint = 0x8028,
  ice_controlled = 0x8029,
  ice_controlling = 0x802A,
};

enum class ParseError : std::uint8_t {
  truncated,
  not_stun,       // top bits set, or another cookie: RFC 3489's messages are none of ours
  bad_length,     // the header's length is not the datagram's, or no multiple of 4
  bad_attribute,  // an attribute runs past the end
};
std::string_view describe(ParseError error);

/// Valid while the datagram's bytes are. Its attributes are known to be whole.
struct Message {
  Class message_class{};
  std::uint16_t method = 0;
  TransactionId transaction_id{};
  std::span<const std::byte> bytes;  // header included

  std::span<const std::byte> attributes() const { return bytes.subspan(header_size); }
};

/// Reads the header (RFC 8489 §5) and walks the attributes once. A request of RFC 3489 has no cookie: not_stun.
Result<Message, ParseError> parse(std::span<const std::byte> datagram);

struct Attribute {
  std::uint16_t type = 0;
  std::span<const std::byte> value;  // without padding
  std::size_t offset = 0;            // of its header, from the message's first byte

  bool is(AttributeType known) const { return type == static_cast<std::uint16_t>(known); }
  /// RFC 8489 §14: whoever does not know it must refuse the request.
  bool comprehension_required() const { return type < 0x8000; }
};

/// The attributes in order. Behind MESSAGE-INTEGRITY only what may follow it is seen, and nothing
/// behind FINGERPRINT (RFC 8489 §14.5, §14.7): anybody could have appended the rest.
class AttributeReader {
 public:
  explicit AttributeReader(const Message& message) : rest_{message.attributes()} {}
  std::optional<Attribute> next();

 private:
  std::span<const std::byte> rest_;
  std::size_t offset_ = header_size;
  bool sealed_ = false;
};

struct ErrorCode {
  int code = 0;  // 300 … 699
  std::string_view reason;
};

/// What ICE wants to know of a message, from one walk over its attributes. Of repeated ones the first counts.
struct Contents {
  std::optional<std::string_view> username;
  std::optional<std::uint32_t> priority;
  std::optional<std::uint64_t> ice_controlled, ice_controlling;  // the tie-breakers
  std::optional<Endpoint> xor_mapped_address;
  std::optional<ErrorCode> error_code;
  bool use_candidate = false;
  bool has_integrity = false, has_fingerprint = false;
  bool malformed = false;  // a known attribute has an impossible size or value

  static constexpr std::size_t max_unknown = 8;
  std::array<std::uint16_t, max_unknown> unknown{};  // comprehension-required ones that we don't know
  std::size_t unknown_count = 0;                     // those that fit

  std::span<const std::uint16_t> unknown_attributes() const { return std::span{unknown}.first(unknown_count); }
};
Contents read(const Message& message);

/// MESSAGE-INTEGRITY with a short-term password (RFC 8489 §14.5): HMAC-SHA1, compared in constant time. False when
/// there is none.
bool verify_integrity(const Message& message, std::string_view password);
/// FINGERPRINT (RFC 8489 §14.7). False when there is none.
bool verify_fingerprint(const Message& message);

}  // namespace parley::stun
