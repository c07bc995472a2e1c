// One ICE-TCP connection (RFC 6544): for networks that let no UDP through. Includes Asio: for sources.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "legs/webrtc/drops.hpp"
#include "protocol/ice/path.hpp"
#include "protocol/stun/framing.hpp"

namespace parley::legs {

class TcpChannel {
 public:
  using OnDatagram = std::function<void(const ice::Path& from, std::span<std::byte> datagram, TimePoint arrival)>;

  TcpChannel(boost::asio::ip::tcp::socket socket, ice::Path path, OnDatagram on_datagram, Drops& drops);

  const ice::Path& path() const { return path_; }
  /// Reads until the connection ends, somebody closes it, or a minute passes without a datagram.
  boost::asio::awaitable<void> run();
  /// Dropped when the connection is too far behind: what is late is lost.
  void send(std::span<const std::byte> datagram);
  void close();

 private:
  static constexpr std::size_t max_queued = 64;  // datagrams: a second of audio
  static constexpr Duration idle_limit = 60s;

  boost::asio::awaitable<void> read();
  boost::asio::awaitable<void> watch_idle();
  void write_next();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer idle_;
  ice::Path path_;
  OnDatagram on_datagram_;
  Drops& drops_;
  stun::FrameSplitter splitter_;
  std::array<std::byte, 4'096> buffer_;
  std::deque<std::vector<std::byte>> queue_;
  TimePoint last_heard_;
  bool writing_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

 public:
  ~TcpChannel() { *alive_ = false; }
};

}  // namespace parley::legs
