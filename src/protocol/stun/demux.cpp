#include "protocol/stun/demux.hpp"

#include "protocol/stun/message.hpp"

namespace parley::stun {

PacketKind kind_of(std::span<const std::byte> datagram) {
  if (datagram.empty()) return PacketKind::unknown;
  const auto first = std::to_integer<unsigned>(datagram[0]);
  if (first <= 3) return PacketKind::stun;
  if (first >= 20 && first <= 63) return PacketKind::dtls;
  if (first < 128 || first > 191 || datagram.size() < 2) return PacketKind::unknown;
  const auto payload_type = std::to_integer<unsigned>(datagram[1]) & 0x7F;
  return payload_type >= 64 && payload_type <= 95 ? PacketKind::rtcp : PacketKind::rtp;
}

std::optional<std::string_view> local_ufrag(std::span<const std::byte> datagram) {
  const auto message = parse(datagram);
  if (!message || message->message_class != Class::request || message->method != binding) return std::nullopt;
  AttributeReader reader{*message};
  while (const auto attribute = reader.next()) {
    if (!attribute->is(AttributeType::username)) continue;
    const auto username = as_text(attribute->value);
    const auto colon = username.find(':');
    return colon == std::string_view::npos ? std::nullopt : std::optional{username.substr(0, colon)};
  }
  return std::nullopt;
}

}  // namespace parley::stun
