// One SIP connection over TCP, on the worker that owns it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "base/time.hpp"
#include "legs/sip/connection_ref.hpp"
#include "protocol/sip/flow.hpp"
#include "protocol/sip/message.hpp"

namespace parley::legs {

class Connection {
 public:
  /// Whole messages and keep-alives, as text.
  using OnText = std::function<void(const sip::Flow&, std::string)>;

  Connection(boost::asio::ip::tcp::socket socket, ConnectionRef ref, Endpoint remote, OnText on_text);

  const sip::Flow& flow() const { return flow_; }
  /// Queued; a peer that does not read is cut off at the bound.
  void send(std::string bytes);
  void close();
  /// Silent for that long, it ends: for a peer that promised to be heard (RFC 5626 §4.4).
  void expect_keep_alive(Duration within);
  /// Ends when the peer closes, breaks the framing, is silent too long, or close() was called.
  boost::asio::awaitable<void> run();

 private:
  static constexpr std::size_t max_queued_bytes = 1 << 20;
  // A stranger has this long for a first whole message; a peer that spoke may be silent for long.
  static constexpr std::chrono::seconds first_message_within{30};

  boost::asio::awaitable<void> read();
  boost::asio::awaitable<void> write();
  boost::asio::awaitable<void> watch();
  void handle(std::string text);

  boost::asio::ip::tcp::socket socket_;
  sip::Flow flow_;
  OnText on_text_;
  sip::StreamSplitter splitter_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  boost::asio::steady_timer queued_;  // cancelled when there is something to write
  boost::asio::steady_timer silence_;
  Duration silent_at_most_ = std::chrono::hours{1};
  bool closed_ = false;
};

}  // namespace parley::legs
