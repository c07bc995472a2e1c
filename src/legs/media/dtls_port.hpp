// DTLS-SRTP without ICE (RFC 5763, RFC 5764), around another port: what telephones mean by UDP/TLS/RTP/SAVP.
#pragma once

#include <memory>

#include "legs/media/guarded_port.hpp"
#include "legs/media/srtp_stream.hpp"

namespace parley::legs {

/// Nothing is sent or let through before the handshake. Without rtcp-mux RTCP has a handshake of its own (RFC 5764
/// §4.1.1).
class DtlsPort final : public GuardedPort, private DatagramSink {
 public:
  /// `context` outlives it.
  DtlsPort(std::unique_ptr<MediaPort> port, const dtls::Context& context);
  ~DtlsPort() override;

  // MediaPort
  Endpoint local() const override { return port_->local(); }
  void receive_rtp(DatagramSink& sink) override;
  void receive_rtcp(DatagramSink& sink) override;
  void send_rtp(const Endpoint& to, std::span<const std::byte> bytes) override;
  void send_rtcp(const Endpoint& to, std::span<const std::byte> bytes) override;

  // GuardedPort
  void protect(const Protection& protection, const Remote& remote, TimePoint now) override;
  void advance(TimePoint now) override;
  bool ready() const override { return rtp_.stream != nullptr; }
  std::optional<std::string_view> failure() const override { return failure_; }

 private:
  struct Component {
    std::unique_ptr<dtls::Connection> connection{};
    std::unique_ptr<SrtpStream> stream{};
    Endpoint peer{};  // of the handshake: where it came from, for phones behind a NAT
  };

  void on_datagram(const Datagram& datagram) override;
  void begin(Component& component, const Endpoint& peer, TimePoint now);
  void drain(Component& component);

  std::unique_ptr<MediaPort> port_;
  const dtls::Context& context_;
  std::optional<Protection::Dtls> agreed_;
  Component rtp_, rtcp_;
  Component* receiving_ = nullptr;  // whose socket is being read
  DatagramSink* sink_ = nullptr;    // nothing: only the handshake is looked at
  std::optional<std::string_view> failure_;
};

}  // namespace parley::legs
