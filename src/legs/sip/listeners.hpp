// The sockets that SIP arrives on, read by worker 0.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/endpoint.hpp"
#include "net/udp.hpp"
#include "protocol/sip/flow.hpp"

namespace parley::legs {

class SipShell;

class UdpListener {
 public:
  UdpListener(SipShell& shell, net::UdpSocket socket, boost::asio::io_context& context);
  ~UdpListener();
  boost::asio::awaitable<void> run();
  void close();
  /// From any worker: sending on a datagram socket is atomic.
  net::UdpSocket& socket() { return socket_; }

 private:
  SipShell& shell_;
  net::UdpSocket socket_;
  boost::asio::posix::stream_descriptor readable_;
  net::ReceiveBatch batch_;
};

/// TCP, also for TLS.
class TcpListener {
 public:
  TcpListener(SipShell& shell, sip::Transport transport, boost::asio::ip::tcp::acceptor acceptor)
      : shell_{shell}, transport_{transport}, acceptor_{std::move(acceptor)} {}
  /// Hands each accepted socket to the emptiest worker before a byte of it is read.
  boost::asio::awaitable<void> run();
  void close();
  sip::Transport transport() const { return transport_; }
  Endpoint local() const;

 private:
  SipShell& shell_;
  sip::Transport transport_;
  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace parley::legs
