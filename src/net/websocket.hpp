// A WebSocket (RFC 6455), server side, as handlers use it.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace parley::net {

struct WebSocketOptions {
  WebSocketOptions() {}  // not an aggregate: GCC 12 destroys those twice as temporaries beside co_await

  std::string subprotocol;                  // answered as chosen when not empty
  std::size_t message_limit = 1024 * 1024;  // longer ones close with 1009
  std::size_t queue_bytes = 1024 * 1024;    // unsent; more closes with `overflow_code`
  std::size_t queue_messages = 1024;
  std::uint16_t overflow_code = 1013;              // "try again later"; 1008 where policy is meant
  Duration keep_alive = std::chrono::seconds{60};  // silent that long (half-time ping unanswered): gone
};

/// `is_text`, then the bytes; reused from message to message.
struct WebSocketMessage {
  bool is_text = true;
  std::string data;
};

enum class WebSocketEnd : std::uint8_t {
  closed,    // by either side, in good order
  too_slow,  // the peer did not read what we sent
  failed,    // broken off, timed out or broke the protocol
};

/// Used on its worker only. One reader; sending is allowed at any time and never waits.
class WebSocket {
 public:
  virtual ~WebSocket() = default;

  /// The next message, into `message` (its capacity is kept, so a steady stream allocates nothing).
  /// After an error no more come.
  virtual boost::asio::awaitable<Result<void, WebSocketEnd>> read(WebSocketMessage& message) = 0;

  /// Copied into a bounded queue whose buffers are reused. False when it is full, which also closes
  /// the connection with `overflow_code`, or when the connection is closing.
  virtual bool send_text(std::string_view text) = 0;
  virtual bool send_binary(std::span<const std::byte> data) = 0;
  /// Bytes not yet handed to the system.
  virtual std::size_t queued_bytes() const = 0;

  /// Sends what is queued, then a close frame. read() then ends.
  virtual void close(std::uint16_t code, std::string_view reason = {}) = 0;
};

/// An upgrade that was asked for and not yet answered.
class WebSocketUpgrade {
 public:
  virtual ~WebSocketUpgrade() = default;
  /// Null when the handshake failed; the handler then returns. The WebSocket lives until the handler
  /// returns and is closed then with 1000, if it is still open.
  virtual boost::asio::awaitable<WebSocket*> accept(WebSocketOptions options) = 0;
};

}  // namespace parley::net
