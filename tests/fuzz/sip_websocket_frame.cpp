// What strangers send as a WebSocket message.
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "protocol/sip/message.hpp"
#include "protocol/sip/websocket_frame.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  const std::string_view frame{reinterpret_cast<const char*>(data), size};
  const auto kind = sip::frame_kind(frame);
  // What a byte stream would carry as one message may not be turned away here.
  if (sip::parse(frame)) PARLEY_ASSERT(kind == sip::FrameKind::message || !frame.contains("\r\n\r\n"));
  if (kind == sip::FrameKind::ping || kind == sip::FrameKind::pong) PARLEY_ASSERT(!sip::parse(frame));
  if (sip::is_utf8(frame)) {
    // Cut inside a character it is text no more; cut between two it is.
    for (std::size_t cut = size; cut > 0 && size - cut < 4; --cut) {
      const bool inside = cut < size && (data[cut] & 0xC0) == 0x80;
      PARLEY_ASSERT(sip::is_utf8(frame.substr(0, cut)) == !inside);
    }
  }
  return 0;
}
