// ICE-TCP of the endpoint: listeners on its port, and the connections that came. Includes Asio: for sources.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "legs/webrtc/endpoint.hpp"
#include "legs/webrtc/tcp_channel.hpp"
#include "net/scope.hpp"

namespace parley::legs {

class WebRtcEndpoint::TcpSide {
 public:
  TcpSide(boost::asio::io_context& context, Drops& drops)
      : context_{context}, drops_{drops}, scope_{context.get_executor()} {}

  /// The error of a port that cannot be had.
  std::optional<std::string> listen(const Endpoint& at);
  void close() { acceptors_.clear(); }
  void start(TcpChannel::OnDatagram deliver, std::function<void(ice::Channel)> closed);
  void stop(std::move_only_function<void()> done);

  bool owns(ice::Channel channel) const { return channel >= first_channel; }
  void send(ice::Channel channel, std::span<const std::byte> datagram);
  void drop(ice::Channel channel);

 private:
  static constexpr ice::Channel first_channel = 0x8000'0000;
  static constexpr std::size_t max_connections = 1'000;

  boost::asio::awaitable<void> accept(boost::asio::ip::tcp::acceptor& acceptor);
  boost::asio::awaitable<void> serve(ice::Channel channel);

  boost::asio::io_context& context_;
  Drops& drops_;
  net::Scope scope_;
  std::vector<std::unique_ptr<boost::asio::ip::tcp::acceptor>> acceptors_;
  std::unordered_map<ice::Channel, std::unique_ptr<TcpChannel>> connections_;
  ice::Channel next_ = first_channel;
  TcpChannel::OnDatagram deliver_;
  std::function<void(ice::Channel)> closed_;
};

}  // namespace parley::legs
