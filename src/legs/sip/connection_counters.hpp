// What became of connections: for metrics, touched from every worker.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "net/handshakes.hpp"
#include "protocol/sip/flow.hpp"

namespace parley::legs {

enum class ConnectionEnd : std::uint8_t {
  closed,       // by the peer, by us, or broken
  unreachable,  // nobody answered where we called
  handshake,    // no TLS with the peer, or not in time
  certificate,  // the peer showed one that is not its own, or that nobody vouches for
  not_sip,      // something else than SIP came
  silent,       // no whole message in the time that a stranger has, or no keep-alive
  slow,         // what we sent was not read
  full,         // not taken: too many connections
  crowded,      // not taken: too many of one address
};
inline constexpr std::size_t connection_ends = 9;
constexpr std::string_view name(ConnectionEnd end) {
  constexpr std::array<std::string_view, connection_ends> names{
      "closed", "unreachable", "handshake", "certificate", "not_sip", "silent", "slow", "full", "crowded"};
  return names[static_cast<std::size_t>(end)];
}

struct ConnectionCounters {
  std::array<std::atomic<std::int64_t>, sip::transport_count> open{};  // now, by transport
  std::array<std::atomic<std::uint64_t>, connection_ends> ended{};     // since the start
  net::HandshakeCounters handshakes;

  std::atomic<std::int64_t>& open_over(sip::Transport transport) { return open[static_cast<std::size_t>(transport)]; }
  void count(ConnectionEnd end) { ++ended[static_cast<std::size_t>(end)]; }
};

}  // namespace parley::legs
