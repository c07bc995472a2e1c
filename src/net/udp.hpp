// UDP in batches, straight over the system calls: nothing per packet is allocated or locked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <system_error>

#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace parley::net {

struct UdpOptions {
  int receive_buffer = 0;  // SO_RCVBUF in bytes, 0: the system's default
  int send_buffer = 0;     // SO_SNDBUF
  std::uint8_t dscp = 0;   // of what is sent: 46 for audio (RFC 8837), 24 for SIP
  bool reuse_port = false;
};

/// A datagram as it came in; its bytes are those of the batch.
struct Received {
  std::span<std::byte> datagram;
  Endpoint from;
  TimePoint arrived;       // as the kernel saw it (SO_TIMESTAMPNS), on our clock
  bool truncated = false;  // longer than the batch's buffers: not to be parsed
};

/// Buffers for one receive call, made once by whoever reads.
class ReceiveBatch {
 public:
  explicit ReceiveBatch(std::size_t packets = 32, std::size_t bytes_each = 2048);
  ~ReceiveBatch();
  ReceiveBatch(ReceiveBatch&&) noexcept;
  ReceiveBatch& operator=(ReceiveBatch&&) noexcept;

  /// What the last receive brought; valid until the next.
  std::span<const Received> received() const;
  std::size_t capacity() const;

 private:
  friend class UdpSocket;
  struct Headers;
  std::unique_ptr<Headers> headers_;
};

struct Outgoing {
  std::span<const std::byte> datagram;
  Endpoint to;
};

/// A non-blocking socket. Register native_handle() with the loop to be told when it can be read.
class UdpSocket {
 public:
  UdpSocket() = default;
  ~UdpSocket();
  UdpSocket(UdpSocket&& other) noexcept;
  UdpSocket& operator=(UdpSocket&& other) noexcept;

  /// Port 0: the system picks one. An IPv6 socket takes IPv6 only.
  static Result<UdpSocket, std::error_code> bind(const Endpoint& local, const UdpOptions& options = {});

  /// As many as there are and fit; 0 when there are none. An ICMP error that earlier sending
  /// brought (port unreachable) counts as none.
  Result<std::size_t, std::error_code> receive(ReceiveBatch& batch);
  /// `would_block` when the buffer is full: the packet is lost, as UDP packets may be.
  std::error_code send_to(std::span<const std::byte> datagram, const Endpoint& to);
  /// Sends in order, up to 64 a system call; returns how many went out. One that the system refuses
  /// (no route, too long) is skipped; when the buffer is full the rest is dropped.
  std::size_t send(std::span<const Outgoing> batch);

  Endpoint local_endpoint() const { return local_; }
  int native_handle() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
  Endpoint local_;
};

/// RTP and its RTCP: an even port and the next one (RFC 3550 §11).
struct PortPair {
  UdpSocket rtp, rtcp;
};

/// Hands out pairs of ports from a range. The sockets themselves are the record of what is taken.
class PortRange {
 public:
  /// Inclusive. Needs at least one even port with its odd neighbour.
  PortRange(std::uint16_t first, std::uint16_t last);

  /// Begins at a random pair and goes on to the next where one is busy, `tries` times at most.
  /// `address_in_use` when all were busy.
  Result<PortPair, std::error_code> bind_pair(const IpAddress& address, Random& random, const UdpOptions& options = {},
                                              std::size_t tries = 64) const;
  std::size_t pairs() const { return pairs_; }

 private:
  std::uint16_t first_even_;
  std::size_t pairs_;
};

}  // namespace parley::net
