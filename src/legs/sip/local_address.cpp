#include "legs/sip/local_address.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace parley::legs {

std::optional<IpAddress> local_address_towards(const IpAddress& peer) {
  const int family = peer.is_v6() ? AF_INET6 : AF_INET;
  const int probe = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return std::nullopt;
  // Connecting a datagram socket sends nothing; it only asks the routes.
  std::optional<IpAddress> local;
  if (peer.is_v6()) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(9);
    std::memcpy(&address.sin6_addr, peer.bytes().data(), 16);
    socklen_t size = sizeof address;
    if (::connect(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
        ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
      std::array<std::uint8_t, 16> bytes;
      std::memcpy(bytes.data(), &address.sin6_addr, 16);
      local = IpAddress::v6(bytes);
    }
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(9);
    address.sin_addr.s_addr = htonl(peer.v4_host_order());
    socklen_t size = sizeof address;
    if (::connect(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
        ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0)
      local = IpAddress::v4(ntohl(address.sin_addr.s_addr));
  }
  ::close(probe);
  return local;
}

}  // namespace parley::legs
