// SIP messages in a byte stream, told apart by their Content-Length (RFC 3261 §18.3): TCP and TLS.
#pragma once

#include <array>
#include <optional>

#include "legs/sip/message_stream.hpp"
#include "net/handshakes.hpp"
#include "net/stream.hpp"
#include "protocol/sip/message.hpp"

namespace parley::legs {

class ByteMessages final : public MessageStream {
 public:
  /// Of a peer that called us.
  ByteMessages(net::Stream accepted, net::Handshakes& handshakes)
      : stream_{std::move(accepted)}, handshakes_{&handshakes} {}
  /// To a peer that we call: open() connects, and takes no other certificate than one for `name`.
  ByteMessages(net::Stream unconnected, const Endpoint& remote, std::string name)
      : stream_{std::move(unconnected)}, remote_{remote}, name_{std::move(name)} {}

  boost::asio::awaitable<Result<void, ConnectionEnd>> open() override;
  boost::asio::awaitable<Result<std::string, ConnectionEnd>> read() override;
  boost::asio::awaitable<bool> write(const std::string& message) override;
  void close(ConnectionEnd why) override;

 private:
  boost::asio::awaitable<Result<void, ConnectionEnd>> call();

  net::Stream stream_;
  net::Handshakes* handshakes_ = nullptr;  // null: we call
  Endpoint remote_;
  std::string name_;
  sip::StreamSplitter splitter_;
  std::array<char, 4'096> buffer_;
};

}  // namespace parley::legs
