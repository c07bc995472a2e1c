// What carries SIP messages over a connection: TCP, TLS or a WebSocket, all the same to whoever
// keeps the queue, the deadlines and the rules about silence (`connection`).
#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>

#include "base/result.hpp"
#include "legs/sip/connection_counters.hpp"

namespace parley::legs {

class MessageStream {
 public:
  virtual ~MessageStream() = default;

  /// Until messages can be carried: a connection made, a handshake. Bounded in time.
  virtual boost::asio::awaitable<Result<void, ConnectionEnd>> open() = 0;
  /// The next whole message, or a keep-alive: "\r\n\r\n" or "\r\n" (RFC 5626 §4.4.1). One reader.
  virtual boost::asio::awaitable<Result<std::string, ConnectionEnd>> read() = 0;
  /// False when it could not be sent. One writer.
  virtual boost::asio::awaitable<bool> write(const std::string& message) = 0;
  /// read() and write() then end soon.
  virtual void close(ConnectionEnd why) = 0;
};

}  // namespace parley::legs
