#include "net/udp.hpp"

#include <netinet/ip.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "net/socket_address.hpp"

namespace parley::net {

namespace {

std::error_code last_error() { return {errno, std::generic_category()}; }

void set(int fd, int level, int option, int value) {
  // Best effort: a smaller buffer or a plain DSCP is no reason not to run.
  (void)setsockopt(fd, level, option, &value, sizeof(value));
}

Duration since_epoch(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

}  // namespace

struct ReceiveBatch::Headers {
  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(timespec))> bytes;
  };

  Headers(std::size_t packets, std::size_t bytes_each)
      : buffer(packets * bytes_each),
        addresses(packets),
        controls(packets),
        vectors(packets),
        messages(packets),
        received(packets) {
    for (std::size_t i = 0; i < packets; ++i) {
      vectors[i] = {buffer.data() + i * bytes_each, bytes_each};
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = &addresses[i];
      messages[i].msg_hdr.msg_control = controls[i].bytes.data();
      arm(i);
    }
  }

  /// The kernel has overwritten the lengths of those it filled last time.
  void rearm() {
    for (std::size_t i = 0; i < used; ++i) arm(i);
  }
  void arm(std::size_t i) {
    messages[i].msg_hdr.msg_namelen = sizeof(SocketAddress);
    messages[i].msg_hdr.msg_controllen = controls[i].bytes.size();
  }

  std::vector<std::byte> buffer;
  std::vector<SocketAddress> addresses;
  std::vector<Control> controls;
  std::vector<iovec> vectors;
  std::vector<mmsghdr> messages;
  std::vector<Received> received;
  std::size_t count = 0;  // received
  std::size_t used = 1;   // touched by the kernel: a failing call may have touched the first
};

ReceiveBatch::ReceiveBatch(std::size_t packets, std::size_t bytes_each)
    : headers_{std::make_unique<Headers>(packets, bytes_each)} {
  PARLEY_ASSERT(packets > 0 && bytes_each > 0);
}
ReceiveBatch::~ReceiveBatch() = default;
ReceiveBatch::ReceiveBatch(ReceiveBatch&&) noexcept = default;
ReceiveBatch& ReceiveBatch::operator=(ReceiveBatch&&) noexcept = default;

std::span<const Received> ReceiveBatch::received() const {
  return std::span{headers_->received}.first(headers_->count);
}
std::size_t ReceiveBatch::capacity() const { return headers_->messages.size(); }

UdpSocket::~UdpSocket() { close(); }
UdpSocket::UdpSocket(UdpSocket&& other) noexcept : fd_{std::exchange(other.fd_, -1)}, local_{other.local_} {}
UdpSocket& UdpSocket::operator=(UdpSocket&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
    local_ = other.local_;
  }
  return *this;
}

void UdpSocket::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<UdpSocket, std::error_code> UdpSocket::bind(const Endpoint& local, const UdpOptions& options) {
  const bool v6 = local.address.is_v6();
  UdpSocket socket;
  socket.fd_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket.fd_ < 0) return std::unexpected(last_error());
  set(socket.fd_, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (v6) set(socket.fd_, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (options.reuse_port) set(socket.fd_, SOL_SOCKET, SO_REUSEPORT, 1);
  if (options.receive_buffer > 0) set(socket.fd_, SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
  if (options.send_buffer > 0) set(socket.fd_, SOL_SOCKET, SO_SNDBUF, options.send_buffer);
  if (options.dscp > 0)
    set(socket.fd_, v6 ? static_cast<int>(IPPROTO_IPV6) : static_cast<int>(IPPROTO_IP), v6 ? IPV6_TCLASS : IP_TOS,
        options.dscp << 2);

  SocketAddress address;
  socklen_t size = to_system(local, address);
  if (::bind(socket.fd_, &address.generic, size) != 0) return std::unexpected(last_error());
  size = sizeof(address);
  if (getsockname(socket.fd_, &address.generic, &size) != 0) return std::unexpected(last_error());
  socket.local_ = from_system(address);
  return socket;
}

Result<std::size_t, std::error_code> UdpSocket::receive(ReceiveBatch& batch) {
  auto& headers = *batch.headers_;
  headers.rearm();
  headers.count = 0;
  const int count =
      recvmmsg(fd_, headers.messages.data(), static_cast<unsigned>(headers.messages.size()), MSG_DONTWAIT, nullptr);
  if (count < 0) {
    const int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ECONNREFUSED || error == EHOSTUNREACH ||
        error == ENETUNREACH)
      return std::size_t{0};
    return std::unexpected(std::error_code{error, std::generic_category()});
  }

  // The kernel stamps wall time; both clocks are read once a batch, and the age carries over.
  const Duration wall = since_epoch(CLOCK_REALTIME);
  const TimePoint now = Clock::now();
  headers.count = static_cast<std::size_t>(count);
  headers.used = std::max<std::size_t>(headers.count, 1);
  for (std::size_t i = 0; i < headers.count; ++i) {
    auto& header = headers.messages[i].msg_hdr;
    Received& received = headers.received[i];
    received.datagram = {static_cast<std::byte*>(headers.vectors[i].iov_base), headers.messages[i].msg_len};
    received.from = from_system(headers.addresses[i]);
    received.truncated = (header.msg_flags & MSG_TRUNC) != 0;
    received.arrived = now;
    const cmsghdr* control = CMSG_FIRSTHDR(&header);
    if (control == nullptr || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp;
    std::memcpy(&stamp, CMSG_DATA(control), sizeof(stamp));
    const Duration age = wall - (std::chrono::seconds{stamp.tv_sec} + std::chrono::nanoseconds{stamp.tv_nsec});
    // A wall clock that was set meanwhile must not send a packet into the future or the distant past.
    if (age > 0ns && age < 5s) received.arrived = now - age;
  }
  return headers.count;
}

std::error_code UdpSocket::send_to(std::span<const std::byte> datagram, const Endpoint& to) {
  SocketAddress address;
  const socklen_t size = to_system(to, address);
  if (::sendto(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT, &address.generic, size) >= 0) return {};
  // An ICMP error of an earlier packet is reported once and keeps this one from going out: again.
  if (errno == ECONNREFUSED &&
      ::sendto(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT, &address.generic, size) >= 0)
    return {};
  return last_error();
}

std::size_t UdpSocket::send(std::span<const Outgoing> batch) {
  constexpr std::size_t at_once = 64;
  std::array<SocketAddress, at_once> addresses;
  std::array<iovec, at_once> vectors;
  std::array<mmsghdr, at_once> messages;
  std::size_t sent = 0;
  while (!batch.empty()) {
    const auto part = batch.first(std::min(batch.size(), at_once));
    for (std::size_t i = 0; i < part.size(); ++i) {
      vectors[i] = {const_cast<std::byte*>(part[i].datagram.data()), part[i].datagram.size()};
      messages[i] = {};
      messages[i].msg_hdr.msg_name = &addresses[i];
      messages[i].msg_hdr.msg_namelen = to_system(part[i].to, addresses[i]);
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int count = sendmmsg(fd_, messages.data(), static_cast<unsigned>(part.size()), MSG_DONTWAIT);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
      batch = batch.subspan(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == EBADF) {
      break;
    } else if (errno != EINTR) {
      batch = batch.subspan(1);  // the first one is what the system refused
    }
  }
  return sent;
}

PortRange::PortRange(std::uint16_t first, std::uint16_t last)
    : first_even_{static_cast<std::uint16_t>((first + 1) & ~1)},
      pairs_{last > first_even_ ? static_cast<std::size_t>(last - first_even_ + 1) / 2 : 0} {
  PARLEY_ASSERT(pairs_ > 0 && first > 0);
}

Result<PortPair, std::error_code> PortRange::bind_pair(const IpAddress& address, Random& random,
                                                       const UdpOptions& options, std::size_t tries) const {
  const std::size_t start = random.below(pairs_);
  std::error_code error = std::make_error_code(std::errc::address_in_use);
  for (std::size_t i = 0; i < std::min(tries, pairs_); ++i) {
    const auto port = static_cast<std::uint16_t>(first_even_ + 2 * ((start + i) % pairs_));
    auto rtp = UdpSocket::bind({address, port}, options);
    if (!rtp) {
      error = rtp.error();
      if (error == std::errc::address_in_use || error == std::errc::permission_denied) continue;
      return std::unexpected(error);
    }
    auto rtcp = UdpSocket::bind({address, static_cast<std::uint16_t>(port + 1)}, options);
    if (rtcp) return PortPair{std::move(*rtp), std::move(*rtcp)};
    error = rtcp.error();
    if (error != std::errc::address_in_use) return std::unexpected(error);
  }
  return std::unexpected(error);
}

}  // namespace parley::net
