#include "protocol/rtp/packet.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"

namespace parley::rtp {
namespace {

constexpr std::uint8_t version_bits = 2 << 6;
constexpr std::uint8_t padding_bit = 1 << 5;
constexpr std::uint8_t extension_bit = 1 << 4;
constexpr std::uint8_t marker_bit = 1 << 7;

}  // namespace

//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
// |                           timestamp                           |
// |                             SSRC                              |
// |                     CSRC, CC words (0 to 15)                  |
// |      defined by profile       |   length in words   | data …  |  when X
// |  payload …                    |  padding …  | padding count   |  when P
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
Result<Packet, ParseError> parse(std::span<const std::byte> datagram) {
  ByteReader in{datagram};
  const auto first = in.u8();
  const auto second = in.u8();
  if (in.failed()) return std::unexpected(ParseError::truncated);
  if ((first & 0xC0) != version_bits) return std::unexpected(ParseError::bad_version);
  if (is_rtcp(datagram)) return std::unexpected(ParseError::rtcp);

  Packet packet;
  packet.marker = (second & marker_bit) != 0;
  packet.payload_type = second & 0x7F;
  packet.sequence = SequenceNumber{in.u16()};
  packet.timestamp = RtpTimestamp{in.u32()};
  packet.ssrc = in.u32();
  packet.csrcs = in.take((first & 0x0Fu) * 4u);
  if ((first & extension_bit) != 0) {
    const auto profile = in.u16();
    const auto words = in.u16();
    packet.extension = HeaderExtension{profile, in.take(words * 4u)};
  }
  if (in.failed()) return std::unexpected(ParseError::truncated);

  packet.payload = in.rest();
  if ((first & padding_bit) != 0) {
    if (packet.payload.empty()) return std::unexpected(ParseError::bad_padding);
    const auto count = std::to_integer<std::size_t>(packet.payload.back());
    if (count == 0 || count > packet.payload.size()) return std::unexpected(ParseError::bad_padding);
    packet.padding = packet.payload.last(count);
    packet.payload = packet.payload.first(packet.payload.size() - count);
  }
  return packet;
}

Result<std::span<const std::byte>, EncodeError> encode(const Packet& packet, std::span<std::byte> buffer) {
  PARLEY_ASSERT(packet.csrcs.size() % 4 == 0 && packet.csrcs.size() <= 15 * 4);
  PARLEY_ASSERT(packet.payload_type < 128);
  PARLEY_ASSERT(packet.padding.empty() || std::to_integer<std::size_t>(packet.padding.back()) == packet.padding.size());
  std::size_t size = fixed_header_size + packet.csrcs.size() + packet.payload.size() + packet.padding.size();
  if (packet.extension) {
    PARLEY_ASSERT(packet.extension->data.size() % 4 == 0 && packet.extension->data.size() / 4 <= 0xFFFF);
    size += 4 + packet.extension->data.size();
  }
  if (size > buffer.size()) return std::unexpected(EncodeError::buffer_too_small);

  ByteWriter out{buffer};
  out.u8(static_cast<std::uint8_t>(version_bits | (packet.padding.empty() ? 0 : padding_bit) |
                                   (packet.extension ? extension_bit : 0) | packet.csrcs.size() / 4));
  out.u8(static_cast<std::uint8_t>((packet.marker ? marker_bit : 0) | packet.payload_type));
  out.u16(packet.sequence.value());
  out.u32(packet.timestamp.ticks());
  out.u32(packet.ssrc);
  out.put(packet.csrcs);
  if (packet.extension) {
    out.u16(packet.extension->profile);
    out.u16(static_cast<std::uint16_t>(packet.extension->data.size() / 4));
    out.put(packet.extension->data);
  }
  auto end =
      std::copy(packet.payload.begin(), packet.payload.end(), buffer.begin() + static_cast<std::ptrdiff_t>(out.size()));
  std::copy(packet.padding.begin(), packet.padding.end(), end);
  return buffer.first(size);
}

ExtensionReader::ExtensionReader(const HeaderExtension& extension)
    : form_{extension.profile == 0xBEDE              ? Form::one_byte
            : (extension.profile & 0xFFF0) == 0x1000 ? Form::two_byte
                                                     : Form::other},
      in_{extension.data} {}

std::optional<ExtensionReader::Element> ExtensionReader::next() {
  if (form_ == Form::other) return std::nullopt;
  while (!in_.empty()) {
    const auto head = in_.u8();
    std::uint8_t id = head;
    std::size_t size = 0;
    if (form_ == Form::one_byte) {
      id = head >> 4;
      if (id == 15) break;
      if (head == 0) continue;  // id 0 with a length is skipped with its data, below
      size = (head & 0x0Fu) + 1;
    } else {
      if (id == 0) continue;
      size = in_.u8();
    }
    const auto data = in_.take(size);
    if (in_.failed()) break;
    if (id != 0) return Element{id, data};
  }
  in_ = ByteReader{{}};
  return std::nullopt;
}

bool is_rtcp(std::span<const std::byte> datagram) {
  if (datagram.size() < 2) return false;
  const auto type = std::to_integer<std::uint8_t>(datagram[1]);
  return (std::to_integer<std::uint8_t>(datagram[0]) & 0xC0) == version_bits && type >= 192 && type <= 223;
}

}  // namespace parley::rtp
