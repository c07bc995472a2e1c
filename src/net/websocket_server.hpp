// The Beast side of WebSocket. For sources of this folder.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <deque>
#include <memory>
#include <vector>

#include "net/stream.hpp"
#include "net/websocket.hpp"

namespace parley::net {

class ServerWebSocket final : public WebSocket {
 public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  ServerWebSocket(Stream stream, WebSocketOptions options);
  ~ServerWebSocket() override;

  boost::asio::awaitable<bool> handshake(const Request& request);
  /// After the handler: closes if that was not done, and waits for the close to be answered, 5 s at most.
  boost::asio::awaitable<void> finish();

  boost::asio::awaitable<Result<void, WebSocketEnd>> read(WebSocketMessage& message) override;
  bool send_text(std::string_view text) override { return send(text, true); }
  bool send_binary(std::span<const std::byte> data) override {
    return send({reinterpret_cast<const char*>(data.data()), data.size()}, false);
  }
  std::size_t queued_bytes() const override;
  void close(std::uint16_t code, std::string_view reason) override;

 private:
  struct Core;
  bool send(std::string_view data, bool is_text);

  // Operations under way own it too: this object may go before the last of them was told so.
  std::shared_ptr<Core> core_;
};

}  // namespace parley::net
