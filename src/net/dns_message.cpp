#include "net/dns_message.hpp"

#include <algorithm>
#include <string>

#include "base/bytes.hpp"

namespace parley::net {

namespace {

constexpr std::size_t most_records = 100;

std::uint16_t wire_type(dns::QueryType type) {
  switch (type) {
    case dns::QueryType::a: return 1;
    case dns::QueryType::aaaa: return 28;
    case dns::QueryType::srv: return 33;
    case dns::QueryType::naptr: return 35;
  }
  return 0;
}
constexpr std::uint16_t soa = 6;

/// A domain name at `at`, which moves behind it (RFC 1035 §4.1.4). A pointer only leads backwards and
/// a name has 255 bytes at most, so this ends.
std::optional<std::string> read_name(std::span<const std::byte> message, std::size_t& at) {
  std::string name;
  std::size_t here = at, limit = message.size();
  bool jumped = false;
  for (;;) {
    if (here >= limit) return std::nullopt;
    const auto length = std::to_integer<std::size_t>(message[here]);
    if ((length & 0xC0) == 0xC0) {
      if (here + 1 >= message.size()) return std::nullopt;
      const std::size_t target = (length & 0x3F) << 8 | std::to_integer<std::size_t>(message[here + 1]);
      if (!jumped) at = here + 2;
      jumped = true;
      if (target >= here) return std::nullopt;
      limit = here;
      here = target;
      continue;
    }
    if (length > 63 || here + 1 + length > limit || name.size() + length > 253) return std::nullopt;
    if (length == 0) {
      if (!jumped) at = here + 1;
      return name;
    }
    if (!name.empty()) name += '.';
    name += as_text(message.subspan(here + 1, length));
    here += 1 + length;
  }
}

std::optional<std::string> read_text(ByteReader& in) {
  const auto text = in.take(in.u8());
  if (in.failed()) return std::nullopt;
  return std::string{as_text(text)};
}

/// The data of one record into `answer`; false when malformed.
bool read_data(std::span<const std::byte> message, std::size_t at, std::size_t size, dns::QueryType type,
               std::chrono::seconds ttl, dns::Answer& answer) {
  ByteReader in{message.subspan(at, size)};
  switch (type) {
    case dns::QueryType::a:
      if (size != 4) return false;
      answer.addresses.push_back({IpAddress::v4(in.u32()), ttl});
      return true;
    case dns::QueryType::aaaa: {
      if (size != 16) return false;
      std::array<std::uint8_t, 16> bytes;
      for (auto& byte : bytes) byte = in.u8();
      answer.addresses.push_back({IpAddress::v6(bytes), ttl});
      return true;
    }
    case dns::QueryType::srv: {
      dns::Srv srv{.priority = in.u16(), .weight = in.u16(), .port = in.u16(), .target = {}, .ttl = ttl};
      if (in.failed()) return false;
      std::size_t name_at = at + 6;
      auto target = read_name(message, name_at);
      if (!target) return false;
      srv.target = std::move(*target);
      answer.srv.push_back(std::move(srv));
      return true;
    }
    case dns::QueryType::naptr: {
      dns::Naptr naptr;
      naptr.ttl = ttl;
      naptr.order = in.u16();
      naptr.preference = in.u16();
      for (std::string* field : {&naptr.flags, &naptr.service, &naptr.regexp}) {
        auto text = read_text(in);
        if (!text) return false;
        *field = std::move(*text);
      }
      std::size_t name_at = at + size - in.rest().size();
      auto replacement = read_name(message, name_at);
      if (!replacement) return false;
      naptr.replacement = std::move(*replacement);
      answer.naptr.push_back(std::move(naptr));
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<dns::Answer> parse_dns_response(std::span<const std::byte> message, dns::QueryType type) {
  ByteReader header{message};
  header.skip(2);
  const auto flags = header.u16();
  const unsigned questions = header.u16(), answers = header.u16(), authorities = header.u16();
  header.skip(2);
  if (header.failed() || (flags & 0x8000) == 0) return std::nullopt;
  dns::Answer result;
  const int rcode = flags & 0x0F;
  if (rcode != 0 && rcode != 3) return result;  // failed

  std::size_t at = 12;
  for (unsigned i = 0; i < questions; ++i) {
    if (!read_name(message, at) || at + 4 > message.size()) return std::nullopt;
    at += 4;
  }
  std::size_t kept = 0;
  for (unsigned i = 0; i < answers + authorities; ++i) {
    if (!read_name(message, at)) return std::nullopt;
    ByteReader fixed{message.subspan(at)};
    const auto record_type = fixed.u16();
    const auto record_class = fixed.u16();
    const std::chrono::seconds ttl{std::min<std::uint32_t>(fixed.u32(), 86'400)};
    const std::size_t size = fixed.u16();
    if (fixed.failed() || size > fixed.rest().size()) return std::nullopt;
    at += 10;
    if (i < answers && record_type == wire_type(type) && record_class == 1 && kept < most_records) {
      if (!read_data(message, at, size, type, ttl, result)) return std::nullopt;
      ++kept;
    }
    if (i >= answers && record_type == soa && size >= 22) {  // RFC 2308 §5: the lesser of TTL and MINIMUM
      ByteReader minimum{message.subspan(at + size - 4, 4)};
      result.negative_ttl = std::min(ttl, std::chrono::seconds{minimum.u32()});
    }
    at += size;
  }
  result.status = kept > 0     ? dns::Answer::Status::ok
                  : rcode == 3 ? dns::Answer::Status::no_such_name
                               : dns::Answer::Status::no_data;
  return result;
}

}  // namespace parley::net
