// Between our endpoints and Asio's.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "base/endpoint.hpp"

namespace parley::net {

inline boost::asio::ip::tcp::endpoint to_asio(const Endpoint& endpoint) {
  namespace ip = boost::asio::ip;
  if (!endpoint.address.is_v6()) return {ip::address_v4{endpoint.address.v4_host_order()}, endpoint.port};
  return {ip::address_v6{endpoint.address.bytes()}, endpoint.port};
}

inline Endpoint from_asio(const boost::asio::ip::tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v4()) return {IpAddress::v4(address.to_v4().to_uint()), endpoint.port()};
  return {IpAddress::v6(address.to_v6().to_bytes()), endpoint.port()};
}

}  // namespace parley::net
