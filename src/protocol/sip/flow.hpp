// The way between us and one peer: what a request arrived on, or what it is to leave by.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.hpp"

namespace parley::sip {

enum class Transport : std::uint8_t { udp, tcp, tls, ws, wss };
inline constexpr std::size_t transport_count = 5;

constexpr bool is_reliable(Transport transport) { return transport != Transport::udp; }
constexpr bool is_websocket(Transport transport) { return transport == Transport::ws || transport == Transport::wss; }
constexpr bool is_secure(Transport transport) { return transport == Transport::tls || transport == Transport::wss; }
/// As Via writes it: "UDP", "TCP", "TLS", "WS", "WSS".
constexpr std::string_view via_name(Transport transport) {
  constexpr std::array<std::string_view, transport_count> names{"UDP", "TCP", "TLS", "WS", "WSS"};
  return names[static_cast<std::size_t>(transport)];
}
/// As the URI parameter writes it. TLS is "tls" there too: deprecated by RFC 3261, written by everyone.
constexpr std::string_view uri_name(Transport transport) {
  constexpr std::array<std::string_view, transport_count> names{"udp", "tcp", "tls", "ws", "wss"};
  return names[static_cast<std::size_t>(transport)];
}
/// Case-insensitive; nothing when it is none of ours (SCTP …).
std::optional<Transport> parse_transport(std::string_view name);
constexpr std::uint16_t default_port(Transport transport) {
  constexpr std::array<std::uint16_t, transport_count> ports{5060, 5060, 5061, 80, 443};
  return ports[static_cast<std::size_t>(transport)];
}

struct Flow {
  Transport transport = Transport::udp;
  Endpoint remote;
  /// The shell's reference of a connection. 0: UDP, or "find or open a connection to `remote`".
  std::uint64_t connection = 0;
  /// TLS that is to be opened: the host that the peer's certificate must name (RFC 5922 §4: the URI's, not
  /// what DNS made of it). Empty: the address, or what it proved to be before.
  std::string server_name{};
  /// A WebSocket that an HTTP proxy passed on: who is at its other end is the proxy's word.
  bool proxied = false;
  bool operator==(const Flow&) const = default;
};

}  // namespace parley::sip
