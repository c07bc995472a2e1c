// A UDP socket of the endpoint. Includes Asio: for sources.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "legs/webrtc/endpoint.hpp"
#include "net/fd_watch.hpp"
#include "net/udp.hpp"
#include "protocol/ice/path.hpp"

namespace parley::legs {

class WebRtcEndpoint::UdpChannel {
 public:
  using OnDatagram = std::function<void(const ice::Path& from, std::span<std::byte> datagram, TimePoint arrival)>;

  UdpChannel(net::UdpSocket socket, Drops& drops) : socket_{std::move(socket)}, drops_{drops} {}

  static net::UdpOptions options() {
    constexpr std::uint8_t expedited_forwarding = 46;  // RFC 8837 §5: audio
    constexpr int room = 1 << 20;                      // for all sessions while a tick runs
    return {.receive_buffer = room, .send_buffer = room, .dscp = expedited_forwarding};
  }

  void start(boost::asio::io_context& context, ice::Channel channel, net::ReceiveBatch& batch, OnDatagram deliver) {
    watch_ = std::make_unique<net::FdWatch>(
        context, socket_.native_handle(), [this, channel, &batch, deliver = std::move(deliver)](bool, bool) {
          if (const auto count = socket_.receive(batch); !count) return;
          for (const auto& received : batch.received()) {
            if (received.truncated) ++drops_[Drop::truncated];
            else deliver({received.from, channel}, received.datagram, received.arrived);
          }
        });
    watch_->want(true, false);
  }
  void stop() { watch_.reset(); }
  void send(const Endpoint& to, std::span<const std::byte> datagram) {
    if (socket_.send_to(datagram, to)) ++drops_[Drop::not_sent];
  }

 private:
  net::UdpSocket socket_;
  Drops& drops_;
  std::unique_ptr<net::FdWatch> watch_;
};

}  // namespace parley::legs
