// What OpenSSL reads from and writes to in place of a socket, one datagram at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <vector>

struct bio_st;

namespace parley::dtls {

/// A memory BIO would run datagrams together, and a record must not span two (RFC 6347 §4.1.1).
struct DatagramQueue {
  /// More than the flights of any handshake; what comes on top is lost, as it might be on the wire.
  static constexpr std::size_t max_written = 64;

  std::span<const std::byte> incoming;         // until it has been read; not owned
  std::deque<std::vector<std::byte>> written;  // oldest first
};

/// A BIO over `queue`, which outlives it. Its first and only owner is the caller. Throws
/// std::bad_alloc.
bio_st* new_bio(DatagramQueue& queue);

}  // namespace parley::dtls
