// Between our endpoints and the system's socket addresses. For sources of this folder.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <optional>

#include "base/endpoint.hpp"

namespace parley::net {

union SocketAddress {
  sockaddr generic;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

inline socklen_t to_system(const Endpoint& endpoint, SocketAddress& out) {
  std::memset(&out, 0, sizeof(out));
  if (endpoint.address.is_v6()) {
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(endpoint.port);
    std::memcpy(&out.v6.sin6_addr, endpoint.address.bytes().data(), 16);
    return sizeof(sockaddr_in6);
  }
  out.v4.sin_family = AF_INET;
  out.v4.sin_port = htons(endpoint.port);
  out.v4.sin_addr.s_addr = htonl(endpoint.address.v4_host_order());
  return sizeof(sockaddr_in);
}

/// Anything but IPv4 and IPv6 becomes 0.0.0.0:0.
inline Endpoint from_system(const SocketAddress& in) {
  if (in.generic.sa_family == AF_INET6) {
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &in.v6.sin6_addr, 16);
    return {IpAddress::v6(bytes), ntohs(in.v6.sin6_port)};
  }
  if (in.generic.sa_family == AF_INET) return {IpAddress::v4(ntohl(in.v4.sin_addr.s_addr)), ntohs(in.v4.sin_port)};
  return {};
}

}  // namespace parley::net
