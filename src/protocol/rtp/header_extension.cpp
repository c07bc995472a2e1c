#include "protocol/rtp/header_extension.hpp"

#include <algorithm>
#include <array>

namespace parley::rtp {
namespace {

constexpr std::uint16_t one_byte_profile = 0xBEDE;
constexpr std::uint16_t two_byte_profile = 0x1000;
constexpr std::uint8_t voice_bit = 0x80;

}  // namespace

Extensions read_extensions(const HeaderExtension& extension, const ExtensionIds& ids) {
  Extensions found;
  ExtensionReader reader{extension};
  while (const auto element = reader.next()) {
    ByteReader in{element->data};
    if (element->id == ids.mid) {
      found.mid = as_text(element->data);
    } else if (element->id == ids.audio_level && element->data.size() == 1) {
      const auto value = in.u8();
      found.audio_level = AudioLevel{(value & voice_bit) != 0, static_cast<std::uint8_t>(value & 0x7F)};
    } else if (element->id == ids.transport_sequence && element->data.size() == 2) {
      found.transport_sequence = in.u16();
    }
  }
  return found;
}

// One-byte form (RFC 8285 §4.2)     two-byte form (§4.3)
// +-+-+-+-+-+-+-+-+------ -         +---------------+---------------+------ -
// |  ID   | len−1 | data            |      ID       |     length    | data
// +-+-+-+-+-+-+-+-+------ -         +---------------+---------------+------ -
bool ExtensionWriter::add(std::uint8_t id, std::span<const std::byte> data) {
  const bool one_byte = form_ == Form::one_byte;
  if (id == 0 || data.size() > 255) return false;
  if (one_byte && (id > 14 || data.empty() || data.size() > 16)) return false;
  const std::size_t head_size = one_byte ? 1 : 2;
  const auto room = buffer_.size() / 4 * 4 - size_;  // the padding needs its place too
  if (head_size + data.size() > room) return false;

  ByteWriter out{buffer_.subspan(size_)};
  if (one_byte) {
    out.u8(static_cast<std::uint8_t>(std::size_t{id} << 4 | (data.size() - 1)));
  } else {
    out.u8(id);
    out.u8(static_cast<std::uint8_t>(data.size()));
  }
  out.put(data);
  size_ += out.size();
  return true;
}

bool ExtensionWriter::mid(std::uint8_t id, std::string_view mid) { return !mid.empty() && add(id, as_bytes(mid)); }

bool ExtensionWriter::audio_level(std::uint8_t id, AudioLevel level) {
  const auto value = std::min<std::uint8_t>(level.level, 127);
  return add(id, std::array{static_cast<std::byte>(value | (level.voice ? voice_bit : 0))});
}

bool ExtensionWriter::transport_sequence(std::uint8_t id, std::uint16_t sequence) {
  return add(id, std::array{static_cast<std::byte>(sequence >> 8), static_cast<std::byte>(sequence & 0xFF)});
}

std::optional<HeaderExtension> ExtensionWriter::result() {
  if (size_ == 0) return std::nullopt;
  const auto padded = (size_ + 3) / 4 * 4;
  std::ranges::fill(buffer_.subspan(size_, padded - size_), std::byte{0});
  return HeaderExtension{form_ == Form::one_byte ? one_byte_profile : two_byte_profile, buffer_.first(padded)};
}

}  // namespace parley::rtp
