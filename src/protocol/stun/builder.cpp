#include "protocol/stun/builder.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "protocol/stun/checksum.hpp"

namespace parley::stun {
namespace {

template <class Number>
std::array<std::byte, sizeof(Number)> big_endian(Number number) {
  std::array<std::byte, sizeof(Number)> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(number >> (8 * (bytes.size() - 1 - i)));
  return bytes;
}

}  // namespace

TransactionId make_transaction_id(Random& random) {
  TransactionId id;
  random.fill(id);
  return id;
}

Builder::Builder(Class message_class, const TransactionId& transaction_id, std::uint16_t method) {
  const auto c = static_cast<unsigned>(message_class);
  const auto type =
      (method & 0x000FU) | (method & 0x0070U) << 1 | (method & 0x0F80U) << 2 | (c & 2) << 7 | (c & 1) << 4;
  ByteWriter out{buffer_};
  out.u16(static_cast<std::uint16_t>(type));
  out.u16(0);
  out.u32(magic_cookie);
  out.put(transaction_id);
  size_ = out.size();
}

Builder& Builder::attribute(std::uint16_t type, std::span<const std::byte> value) {
  ByteWriter out{std::span{buffer_}.subspan(size_)};
  out.u16(type);
  out.u16(static_cast<std::uint16_t>(value.size()));
  out.put(value);
  while (out.size() % 4 != 0 && !out.failed()) out.u8(0);
  PARLEY_ASSERT(!out.failed());
  size_ += out.size();
  return *this;
}

Builder& Builder::add(AttributeType type, std::span<const std::byte> value) {
  return attribute(static_cast<std::uint16_t>(type), value);
}

Builder& Builder::username(std::string_view username) { return add(AttributeType::username, as_bytes(username)); }
Builder& Builder::software(std::string_view name) { return add(AttributeType::software, as_bytes(name)); }
Builder& Builder::use_candidate() { return add(AttributeType::use_candidate, {}); }
Builder& Builder::priority(std::uint32_t priority) { return add(AttributeType::priority, big_endian(priority)); }
Builder& Builder::ice_controlled(std::uint64_t tie_breaker) {
  return add(AttributeType::ice_controlled, big_endian(tie_breaker));
}
Builder& Builder::ice_controlling(std::uint64_t tie_breaker) {
  return add(AttributeType::ice_controlling, big_endian(tie_breaker));
}

Builder& Builder::xor_mapped_address(const Endpoint& address) {
  std::array<std::byte, 20> value;
  ByteWriter out{value};
  out.u8(0);
  out.u8(address.address.is_v6() ? 2 : 1);
  out.u16(static_cast<std::uint16_t>(address.port ^ (magic_cookie >> 16)));
  if (!address.address.is_v6()) out.u32(address.address.v4_host_order() ^ magic_cookie);
  else  // the header's bytes 4 to 20 are the cookie and the transaction id
    for (std::size_t i = 0; i < 16; ++i)
      out.u8(static_cast<std::uint8_t>(address.address.bytes()[i] ^ std::to_integer<std::uint8_t>(buffer_[4 + i])));
  return add(AttributeType::xor_mapped_address, out.written());
}

Builder& Builder::error_code(int code, std::string_view reason) {
  std::array<std::byte, 132> value;
  ByteWriter out{value};
  out.u16(0);
  out.u8(static_cast<std::uint8_t>(code / 100));
  out.u8(static_cast<std::uint8_t>(code % 100));
  out.put(as_bytes(reason.substr(0, 128)));
  return add(AttributeType::error_code, out.written());
}

Builder& Builder::unknown_attributes(std::span<const std::uint16_t> types) {
  std::array<std::byte, 2 * Contents::max_unknown> value;
  ByteWriter out{value};
  for (const auto type : types.first(std::min(types.size(), Contents::max_unknown))) out.u16(type);
  return add(AttributeType::unknown_attributes, out.written());
}

void Builder::set_length(std::size_t following) {
  const auto length = size_ - header_size + following;
  buffer_[2] = static_cast<std::byte>(length >> 8);
  buffer_[3] = static_cast<std::byte>(length);
}

std::vector<std::byte> Builder::finish() {
  set_length(8);  // FINGERPRINT counts itself in
  add(AttributeType::fingerprint, big_endian(fingerprint_of(std::span{buffer_}.first(size_))));
  return {buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(size_)};
}

std::vector<std::byte> Builder::finish(std::string_view password) {
  const auto integrity = integrity_of(std::span{buffer_}.first(size_), password);
  PARLEY_ASSERT(integrity);
  add(AttributeType::message_integrity, *integrity);
  return finish();
}

std::string_view reason_phrase(int code) {
  switch (code) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 420: return "Unknown Attribute";
    default: return "Role Conflict";
  }
}

}  // namespace parley::stun
