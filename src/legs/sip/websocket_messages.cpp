#include "legs/sip/websocket_messages.hpp"

#include "base/bytes.hpp"
#include "protocol/sip/websocket_frame.hpp"

namespace parley::legs {

namespace asio = boost::asio;

namespace {

// RFC 6455 §7.4.1
constexpr std::uint16_t normal = 1000, cannot_accept = 1003, against_policy = 1008;

std::uint16_t code_of(ConnectionEnd why) {
  if (why == ConnectionEnd::not_sip) return cannot_accept;
  return why == ConnectionEnd::closed ? normal : against_policy;
}

}  // namespace

net::WebSocketOptions WebSocketMessages::options() {
  net::WebSocketOptions options;
  options.subprotocol = "sip";
  options.message_limit = longest_message;
  return options;
}

asio::awaitable<Result<void, ConnectionEnd>> WebSocketMessages::open() { co_return Result<void, ConnectionEnd>{}; }

asio::awaitable<Result<std::string, ConnectionEnd>> WebSocketMessages::read() {
  const auto read = co_await websocket_.read(frame_);
  if (!read)
    co_return std::unexpected(read.error() == net::WebSocketEnd::too_slow ? ConnectionEnd::slow
                                                                          : ConnectionEnd::closed);
  if (sip::frame_kind(frame_.data) == sip::FrameKind::foreign) co_return std::unexpected(ConnectionEnd::not_sip);
  co_return frame_.data;
}

asio::awaitable<bool> WebSocketMessages::write(const std::string& message) {
  if (sip::is_utf8(message)) co_return websocket_.send_text(message);
  co_return websocket_.send_binary(as_bytes(message));
}

void WebSocketMessages::close(ConnectionEnd why) { websocket_.close(code_of(why), name(why)); }

}  // namespace parley::legs
