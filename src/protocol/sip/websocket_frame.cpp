#include "protocol/sip/websocket_frame.hpp"

#include <cstddef>

namespace parley::sip {
namespace {

constexpr std::string_view version = "SIP/2.0";

/// Of a character that begins with `lead`: its bytes, and the lowest code that needs so many. 0: none does.
struct Shape {
  std::size_t bytes;
  char32_t lowest;
};
Shape shape_of(unsigned char lead) {
  if (lead < 0x80) return {1, 0};
  if ((lead & 0xE0) == 0xC0) return {2, 0x80};
  if ((lead & 0xF0) == 0xE0) return {3, 0x800};
  if ((lead & 0xF8) == 0xF0) return {4, 0x10000};
  return {0, 0};
}

}  // namespace

FrameKind frame_kind(std::string_view frame) {
  if (frame == "\r\n\r\n") return FrameKind::ping;
  if (frame == "\r\n") return FrameKind::pong;
  while (frame.starts_with("\r\n")) frame.remove_prefix(2);  // RFC 3261 §7.5: some send them in front
  const auto line = frame.substr(0, frame.find("\r\n"));
  const bool ours = line.starts_with("SIP/2.0 ") || (line.size() > version.size() && line.ends_with(version));
  return ours && frame.find("\r\n\r\n") != std::string_view::npos ? FrameKind::message : FrameKind::foreign;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const auto [bytes, lowest] = shape_of(lead);
    if (bytes == 0 || i + bytes > text.size()) return false;
    char32_t code = bytes == 1 ? lead : lead & (0x7Fu >> bytes);
    for (std::size_t k = 1; k < bytes; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3F);
    }
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    if (code < lowest || code > 0x10FFFF || surrogate) return false;
    i += bytes;
  }
  return true;
}

}  // namespace parley::sip
