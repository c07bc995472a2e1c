// SIP messages over a WebSocket (RFC 7118): one a frame.
#pragma once

#include "legs/sip/message_stream.hpp"
#include "net/websocket.hpp"

namespace parley::legs {

class WebSocketMessages final : public MessageStream {
 public:
  static constexpr std::size_t longest_message = 65'535;
  /// What a WebSocket is to be accepted with: its subprotocol and bounds.
  static net::WebSocketOptions options();

  explicit WebSocketMessages(net::WebSocket& websocket) : websocket_{websocket} {}

  boost::asio::awaitable<Result<void, ConnectionEnd>> open() override;
  boost::asio::awaitable<Result<std::string, ConnectionEnd>> read() override;
  boost::asio::awaitable<bool> write(const std::string& message) override;
  void close(ConnectionEnd why) override;

 private:
  net::WebSocket& websocket_;
  net::WebSocketMessage frame_;
};

}  // namespace parley::legs
