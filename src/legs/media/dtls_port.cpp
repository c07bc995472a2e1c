#include "legs/media/dtls_port.hpp"

#include "base/overloaded.hpp"

namespace parley::legs {

DtlsPort::DtlsPort(std::unique_ptr<MediaPort> port, const dtls::Context& context)
    : port_{std::move(port)}, context_{context} {}

DtlsPort::~DtlsPort() {
  for (auto* component : {&rtp_, &rtcp_}) {
    if (!component->connection) continue;
    component->connection->close();
    drain(*component);
  }
}

void DtlsPort::protect(const Protection& protection, const Remote& remote, TimePoint now) {
  if (!protection.dtls || protection.dtls == agreed_) return;  // the association goes on (RFC 8842 §5.5)
  agreed_ = protection.dtls;
  begin(rtp_, remote.rtp, now);
  if (remote.rtcp_mux) rtcp_ = {};
  else begin(rtcp_, remote.rtcp, now);
}

void DtlsPort::begin(Component& component, const Endpoint& peer, TimePoint now) {
  component.peer = peer;
  component.stream.reset();
  component.connection = std::make_unique<dtls::Connection>(
      context_, dtls::Connection::Config{.role = agreed_->role, .remote_fingerprints = agreed_->fingerprints}, now);
  drain(component);
}

void DtlsPort::advance(TimePoint now) {
  for (auto* component : {&rtp_, &rtcp_}) {
    if (!component->connection || now < component->connection->deadline()) continue;
    component->connection->advance(now);
    drain(*component);
  }
}

void DtlsPort::drain(Component& component) {
  while (auto output = component.connection->poll())
    std::visit(Overloaded{[&](dtls::Connection::Send& send) {
                            if (&component == &rtp_) port_->send_rtp(component.peer, send.datagram);
                            else port_->send_rtcp(component.peer, send.datagram);
                          },
                          [&](dtls::Connection::Connected& connected) {
                            component.stream = std::make_unique<SrtpStream>(connected.keys);
                          },
                          [&](dtls::Connection::Failed& failed) {
                            // A call without reports is a call.
                            if (&component == &rtp_) failure_ = dtls::name(failed.reason);
                          },
                          [&](dtls::Connection::Closed&) {}},
               *output);
}

void DtlsPort::receive_rtp(DatagramSink& sink) {
  if (!agreed_) return;
  receiving_ = &rtp_;
  sink_ = &sink;
  port_->receive_rtp(*this);
  // Reports are read once a second; a handshake cannot wait that long.
  if (!rtcp_.connection || rtcp_.stream || rtcp_.connection->ended()) return;
  receiving_ = &rtcp_;
  sink_ = nullptr;
  port_->receive_rtcp(*this);
}

void DtlsPort::receive_rtcp(DatagramSink& sink) {
  if (!rtcp_.connection) return;
  receiving_ = &rtcp_;
  sink_ = &sink;
  port_->receive_rtcp(*this);
}

void DtlsPort::on_datagram(const Datagram& datagram) {
  Component& component = *receiving_;
  if (dtls::is_dtls(datagram.bytes)) {
    if (!component.connection->connected()) component.peer = datagram.from;
    component.connection->receive(datagram.bytes, datagram.arrival);
    return drain(component);
  }
  if (!component.stream) {
    ++counters_.early;
    return;
  }
  const auto plain = component.stream->open(datagram.bytes);
  if (!plain) return count(plain.error());
  if (sink_) sink_->on_datagram({datagram.from, datagram.arrival, *plain});
}

void DtlsPort::send_rtp(const Endpoint& to, std::span<const std::byte> bytes) {
  if (!rtp_.stream) return;
  if (const auto sealed = rtp_.stream->seal(bytes)) port_->send_rtp(to, *sealed);
}

void DtlsPort::send_rtcp(const Endpoint& to, std::span<const std::byte> bytes) {
  if (!rtcp_.stream) return;
  if (const auto sealed = rtcp_.stream->seal(bytes)) port_->send_rtcp(to, *sealed);
}

}  // namespace parley::legs
