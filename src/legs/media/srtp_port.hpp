// SRTP whose keys came with the descriptions (RFC 4568), around another port.
#pragma once

#include <memory>

#include "legs/media/guarded_port.hpp"
#include "legs/media/srtp_stream.hpp"

namespace parley::legs {

/// Plain until it is given keys, and again when a later negotiation takes them away.
class SrtpPort final : public GuardedPort, private DatagramSink {
 public:
  explicit SrtpPort(std::unique_ptr<MediaPort> port) : port_{std::move(port)} {}

  // MediaPort
  Endpoint local() const override { return port_->local(); }
  void receive_rtp(DatagramSink& sink) override;
  void receive_rtcp(DatagramSink& sink) override;
  void send_rtp(const Endpoint& to, std::span<const std::byte> bytes) override;
  void send_rtcp(const Endpoint& to, std::span<const std::byte> bytes) override;

  // GuardedPort
  void protect(const Protection& protection, const Remote& remote, TimePoint now) override;
  void advance(TimePoint) override {}
  bool ready() const override { return true; }
  std::optional<std::string_view> failure() const override { return std::nullopt; }

 private:
  void on_datagram(const Datagram& datagram) override;

  std::unique_ptr<MediaPort> port_;
  std::unique_ptr<SrtpStream> stream_;  // nothing: plain
  DatagramSink* sink_ = nullptr;        // while it receives
};

}  // namespace parley::legs
