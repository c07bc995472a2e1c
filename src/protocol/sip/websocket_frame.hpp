// What one WebSocket message of SIP holds (RFC 7118).
#pragma once

#include <cstdint>
#include <string_view>

namespace parley::sip {

enum class FrameKind : std::uint8_t {
  message,  // looks like one SIP message: parse() says whether it is
  ping,     // two line breaks (RFC 5626 §4.4.1)
  pong,     // one
  foreign,  // no SIP: whoever sends it is in the wrong place
};

/// Looks at the start line and for the end of the header, no more.
FrameKind frame_kind(std::string_view frame);

/// A text frame must be UTF-8, or browsers close the connection (RFC 6455 §8.1); what came to us by UDP need not be.
bool is_utf8(std::string_view text);

}  // namespace parley::sip
