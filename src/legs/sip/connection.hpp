// One SIP connection, over TCP, TLS or a WebSocket, on the worker that owns it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "legs/sip/connection_ref.hpp"
#include "legs/sip/message_stream.hpp"
#include "protocol/sip/flow.hpp"

namespace parley::legs {

class Connection {
 public:
  /// Whole messages, as text.
  using OnText = std::function<void(const sip::Flow&, std::string)>;
  struct Options {
    sip::Flow flow;              // its own: with the reference
    bool ours = false;           // we called: then the keep-alives are ours to send
    Duration ping_every = 100s;  // RFC 5626 §4.4.1: 95 to 120 s
  };

  Connection(boost::asio::any_io_executor executor, std::unique_ptr<MessageStream> stream, Options options,
             OnText on_text);

  const sip::Flow& flow() const { return options_.flow; }
  bool ours() const { return options_.ours; }
  bool opened() const { return opened_; }
  /// A message came: somebody may know this connection.
  bool heard() const { return heard_; }

  /// Queued; a peer that does not read is cut off at the bound.
  void send(std::string bytes);
  void close(ConnectionEnd why = ConnectionEnd::closed);
  /// Silent for that long, it ends: for a peer that promised to be heard (RFC 5626 §4.4).
  void expect_keep_alive(Duration within);
  /// Ends when it cannot be opened, the peer closes, breaks the framing, is silent too long, or close() was called.
  boost::asio::awaitable<ConnectionEnd> run();

 private:
  static constexpr std::size_t max_queued_bytes = 1 << 20;
  // A stranger has this long for a first whole message; a peer that spoke may be silent for long.
  static constexpr std::chrono::seconds first_message_within{30}, pong_within{10};

  boost::asio::awaitable<void> read();
  boost::asio::awaitable<void> write();
  boost::asio::awaitable<void> watch();
  boost::asio::awaitable<void> ping();
  /// False when it was cancelled from outside.
  boost::asio::awaitable<bool> wait(boost::asio::steady_timer& timer);
  void handle(std::string text);
  void note(ConnectionEnd why);

  std::unique_ptr<MessageStream> stream_;
  Options options_;
  OnText on_text_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  boost::asio::steady_timer queued_;  // cancelled when there is something to write
  boost::asio::steady_timer silence_, ping_;
  Duration silent_at_most_ = std::chrono::hours{1};
  std::uint64_t pongs_ = 0;
  bool opened_ = false, heard_ = false, closed_ = false;
  ConnectionEnd end_ = ConnectionEnd::closed;  // the first reason counts
};

}  // namespace parley::legs
