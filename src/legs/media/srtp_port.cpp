#include "legs/media/srtp_port.hpp"

namespace parley::legs {

void SrtpPort::protect(const Protection& protection, const Remote&, TimePoint) {
  if (!protection.keys) stream_.reset();
  else if (stream_) stream_->rekey(*protection.keys);
  else stream_ = std::make_unique<SrtpStream>(*protection.keys);
}

void SrtpPort::receive_rtp(DatagramSink& sink) {
  if (!stream_) return port_->receive_rtp(sink);
  sink_ = &sink;
  port_->receive_rtp(*this);
}

void SrtpPort::receive_rtcp(DatagramSink& sink) {
  if (!stream_) return port_->receive_rtcp(sink);
  sink_ = &sink;
  port_->receive_rtcp(*this);
}

void SrtpPort::on_datagram(const Datagram& datagram) {
  const auto plain = stream_->open(datagram.bytes);
  if (!plain) return count(plain.error());
  sink_->on_datagram({datagram.from, datagram.arrival, *plain});
}

void SrtpPort::send_rtp(const Endpoint& to, std::span<const std::byte> bytes) {
  if (!stream_) return port_->send_rtp(to, bytes);
  if (const auto sealed = stream_->seal(bytes)) port_->send_rtp(to, *sealed);
}

void SrtpPort::send_rtcp(const Endpoint& to, std::span<const std::byte> bytes) {
  if (!stream_) return port_->send_rtcp(to, bytes);
  if (const auto sealed = stream_->seal(bytes)) port_->send_rtcp(to, *sealed);
}

}  // namespace parley::legs
