// The frames of a WebSocket client, at the events: what comes back are whole, unmasked frames that RFC 6455 knows, and
// the connection ends with its peer.
#include <cstdint>

#include "api_connection.hpp"
#include "property.hpp"

namespace {

using namespace parley;

constexpr std::string_view upgrade =
    "GET /api/v1/events?types=call.ended HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n\r\n";

/// RFC 6455 §5.2.
void check_frames(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  while (!bytes.empty()) {
    fuzz::require(bytes.size() >= 2);
    const int opcode = at(0) & 0x0F;
    std::size_t size = at(1) & 0x7F, head = 2;
    fuzz::require((at(1) & 0x80) == 0 && (opcode <= 2 || (opcode >= 8 && opcode <= 10)));
    if (opcode >= 8) fuzz::require(size <= 125 && (at(0) & 0x80) != 0);
    if (const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0; more > 0) {
      fuzz::require(bytes.size() >= head + more);
      for (size = 0; more + 2 > head; ++head) size = size << 8 | at(head);
    }
    fuzz::require(bytes.size() >= head + size);
    bytes.remove_prefix(head + size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t longest = 64 * 1024;
  if (size > longest) return 0;
  fuzz::ApiConnection connection;
  connection.send(upgrade);
  connection.settle();
  fuzz::require(connection.take().starts_with("HTTP/1.1 101"));

  connection.send(fuzz::text_of(data, size));
  connection.finish();

  check_frames(connection.take());
  return 0;
}
