#include "protocol/stun/message.hpp"

#include <algorithm>

#include "protocol/stun/checksum.hpp"

namespace parley::stun {
namespace {

constexpr std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

/// RFC 8489 §14.1 and §14.2: the port is XORed with the cookie's top half, the address with the cookie and the
/// transaction id.
std::optional<Endpoint> read_xor_address(std::span<const std::byte> value, const TransactionId& id) {
  ByteReader in{value};
  in.skip(1);
  const auto family = in.u8();
  const auto port = static_cast<std::uint16_t>(in.u16() ^ (magic_cookie >> 16));
  const auto address = in.rest();
  if (in.failed()) return std::nullopt;
  if (family == 1 && address.size() == 4) return Endpoint{IpAddress::v4(in.u32() ^ magic_cookie), port};
  if (family != 2 || address.size() != 16) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto mask = i < 4 ? static_cast<std::byte>(magic_cookie >> (24 - 8 * i)) : id[i - 4];
    bytes[i] = std::to_integer<std::uint8_t>(address[i] ^ mask);
  }
  return Endpoint{IpAddress::v6(bytes), port};
}

std::optional<ErrorCode> read_error_code(std::span<const std::byte> value) {
  ByteReader in{value};
  in.skip(2);
  const int code_class = in.u8() & 7, number = in.u8();
  if (in.failed() || code_class < 3 || code_class > 6 || number > 99) return std::nullopt;
  return ErrorCode{code_class * 100 + number, as_text(in.rest())};
}

template <class T>
void take(std::optional<T>& field, std::optional<T> value, bool& malformed) {
  if (!value) malformed = true;
  else if (!field) field = std::move(value);
}

std::optional<std::uint32_t> read_u32(std::span<const std::byte> value) {
  return value.size() == 4 ? std::optional{ByteReader{value}.u32()} : std::nullopt;
}
std::optional<std::uint64_t> read_u64(std::span<const std::byte> value) {
  return value.size() == 8 ? std::optional{ByteReader{value}.u64()} : std::nullopt;
}

}  // namespace

std::string_view describe(ParseError error) {
  switch (error) {
    case ParseError::truncated: return "truncated";
    case ParseError::not_stun: return "not STUN";
    case ParseError::bad_length: return "bad length";
    case ParseError::bad_attribute: return "bad attribute";
  }
  return "bad message";
}

//  0                   1                   2                   3
//  |0 0|M M M M M|C|M M M|C|M M M M|        length in bytes        |
//  |                         magic cookie                          |
//  |               transaction id, three words of it               |
Result<Message, ParseError> parse(std::span<const std::byte> datagram) {
  ByteReader in{datagram};
  const auto type = in.u16();
  const auto length = in.u16();
  const auto cookie = in.u32();
  const auto id = in.take(12);
  if (in.failed()) return std::unexpected(ParseError::truncated);
  if ((type & 0xC000) != 0 || cookie != magic_cookie) return std::unexpected(ParseError::not_stun);
  if (length % 4 != 0 || length != in.rest().size()) return std::unexpected(ParseError::bad_length);
  while (!in.empty()) {
    in.skip(2);
    in.skip(padded(in.u16()));
  }
  if (in.failed()) return std::unexpected(ParseError::bad_attribute);

  Message message;
  message.message_class = static_cast<Class>((type >> 7 & 2) | (type >> 4 & 1));
  message.method = static_cast<std::uint16_t>((type & 0x000F) | (type >> 1 & 0x0070) | (type >> 2 & 0x0F80));
  std::ranges::copy(id, message.transaction_id.begin());
  message.bytes = datagram;
  return message;
}

std::optional<Attribute> AttributeReader::next() {
  while (!rest_.empty()) {
    ByteReader in{rest_};
    const auto type = in.u16();
    const auto length = in.u16();
    const Attribute attribute{type, in.take(length), offset_};
    const auto size = 4 + padded(length);
    rest_ = rest_.subspan(size);
    offset_ += size;
    if (attribute.is(AttributeType::fingerprint)) rest_ = {};
    else if (sealed_ && !attribute.is(AttributeType::message_integrity_sha256)) continue;
    if (attribute.is(AttributeType::message_integrity)) sealed_ = true;
    return attribute;
  }
  return std::nullopt;
}

Contents read(const Message& message) {
  Contents contents;
  bool& malformed = contents.malformed;
  AttributeReader reader{message};
  while (const auto attribute = reader.next()) {
    const auto value = attribute->value;
    switch (static_cast<AttributeType>(attribute->type)) {
      case AttributeType::username:
        if (!contents.username) contents.username = as_text(value);
        break;
      case AttributeType::priority: take(contents.priority, read_u32(value), malformed); break;
      case AttributeType::ice_controlled: take(contents.ice_controlled, read_u64(value), malformed); break;
      case AttributeType::ice_controlling: take(contents.ice_controlling, read_u64(value), malformed); break;
      case AttributeType::xor_mapped_address:
        take(contents.xor_mapped_address, read_xor_address(value, message.transaction_id), malformed);
        break;
      case AttributeType::error_code: take(contents.error_code, read_error_code(value), malformed); break;
      case AttributeType::use_candidate: contents.use_candidate = true; break;
      case AttributeType::message_integrity:
        contents.has_integrity = true;
        malformed |= value.size() != sha1_size;
        break;
      case AttributeType::fingerprint:
        contents.has_fingerprint = true;
        malformed |= value.size() != 4;
        break;
      case AttributeType::message_integrity_sha256:
      case AttributeType::unknown_attributes:
      case AttributeType::software: break;
      default:
        if (attribute->comprehension_required() && contents.unknown_count < Contents::max_unknown)
          contents.unknown[contents.unknown_count++] = attribute->type;
    }
  }
  return contents;
}

bool verify_integrity(const Message& message, std::string_view password) {
  AttributeReader reader{message};
  while (const auto attribute = reader.next()) {
    if (!attribute->is(AttributeType::message_integrity)) continue;
    const auto expected = integrity_of(message.bytes.first(attribute->offset), password);
    return expected && same_secret(*expected, attribute->value);
  }
  return false;
}

bool verify_fingerprint(const Message& message) {
  AttributeReader reader{message};
  while (const auto attribute = reader.next())
    if (attribute->is(AttributeType::fingerprint))
      return attribute->value.size() == 4 && attribute->offset + 8 == message.bytes.size() &&
             read_u32(attribute->value) == fingerprint_of(message.bytes.first(attribute->offset));
  return false;
}

}  // namespace parley::stun
