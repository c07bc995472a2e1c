// TLS handshakes that strangers have begun: few at a time, and each for a short time.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <cstdint>
#include <list>

#include "base/time.hpp"
#include "net/stream.hpp"

namespace parley::net {

/// What became of them; shared by all workers.
struct HandshakeCounters {
  std::atomic<std::uint64_t> failed{0};       // no TLS, no cipher in common, broken off
  std::atomic<std::uint64_t> timed_out{0};    // half-open for too long
  std::atomic<std::uint64_t> crowded_out{0};  // made room for a younger one
};

/// One per worker. When all places are taken the oldest handshake gives way: a peer that means it is
/// through in two round trips, and one that only holds its place is not worth more than a new one.
class Handshakes {
 public:
  struct Limits {
    std::size_t at_once = 256;
    Duration within = std::chrono::seconds{10};
  };
  explicit Handshakes(HandshakeCounters& counters) : Handshakes{counters, Limits{}} {}
  Handshakes(HandshakeCounters& counters, Limits limits) : counters_{counters}, limits_{limits} {}

  /// False: it failed, and is counted. Plain streams are through at once.
  boost::asio::awaitable<bool> accept(Stream& stream);
  std::size_t under_way() const { return waiting_.size(); }

 private:
  struct Waiting {
    Stream* stream;
    bool crowded_out = false;
  };
  HandshakeCounters& counters_;
  const Limits limits_;
  std::list<Waiting> waiting_;  // oldest first
};

}  // namespace parley::net
