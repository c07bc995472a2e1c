// RTP over the machine's own sockets.
#pragma once

#include "legs/media/media_port.hpp"
#include "net/udp.hpp"

namespace parley::legs {

/// Reads its sockets when the call's tick asks, without the event loop: one system call a tick, and
/// the kernel's own time of arrival. `batch` is the worker's, shared by all its ports.
class SocketMediaPort final : public MediaPort {
 public:
  SocketMediaPort(net::PortPair sockets, net::ReceiveBatch& batch) : sockets_{std::move(sockets)}, batch_{batch} {}

  Endpoint local() const override { return sockets_.rtp.local_endpoint(); }
  void receive_rtp(DatagramSink& sink) override { receive(sockets_.rtp, sink); }
  void receive_rtcp(DatagramSink& sink) override { receive(sockets_.rtcp, sink); }
  void send_rtp(const Endpoint& to, std::span<const std::byte> bytes) override {
    (void)sockets_.rtp.send_to(bytes, to);
  }
  void send_rtcp(const Endpoint& to, std::span<const std::byte> bytes) override {
    (void)sockets_.rtcp.send_to(bytes, to);
  }

 private:
  void receive(net::UdpSocket& socket, DatagramSink& sink) {
    const auto count = socket.receive(batch_);
    if (!count) return;
    for (const auto& received : batch_.received())
      if (!received.truncated) sink.on_datagram({received.from, received.arrived, received.datagram});
  }

  net::PortPair sockets_;
  net::ReceiveBatch& batch_;
};

}  // namespace parley::legs
