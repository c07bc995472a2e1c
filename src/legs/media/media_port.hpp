// The pair of UDP ports that one RTP session sends from and receives on, as the leg sees it: sockets
// in the program, a simulated network in tests/sim.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/endpoint.hpp"
#include "base/time.hpp"

namespace parley::legs {

struct Datagram {
  Endpoint from;
  TimePoint arrival{};
  std::span<const std::byte> bytes;  // valid until the next receive
};

/// Takes one datagram at a time, in order of arrival, from inside receive_*().
class DatagramSink {
 public:
  virtual ~DatagramSink() = default;
  virtual void on_datagram(const Datagram& datagram) = 0;
};

class MediaPort {
 public:
  virtual ~MediaPort() = default;
  /// Where RTP arrives; RTCP at the next port. The address is what the socket is bound to.
  virtual Endpoint local() const = 0;
  /// Everything that has arrived since the last call, at most a fixed number. Never blocks.
  virtual void receive_rtp(DatagramSink& sink) = 0;
  virtual void receive_rtcp(DatagramSink& sink) = 0;
  /// Errors are counted where they happen: media has no use for them.
  virtual void send_rtp(const Endpoint& to, std::span<const std::byte> bytes) = 0;
  virtual void send_rtcp(const Endpoint& to, std::span<const std::byte> bytes) = 0;
};

}  // namespace parley::legs
