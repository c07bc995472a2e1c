// How others than its owner know a connection.
#pragma once

#include <cstdint>

namespace parley::legs {

/// {worker, id, generation}: RFC 5626 calls it a flow. Packed, it is `sip::Flow::connection`. Ids are
/// never used twice in one run of the program, and the generation tells runs apart: so a reference to
/// a lost connection, also one that was stored before a restart, finds nothing.
struct ConnectionRef {
  int worker = 0;                // 8 bits
  std::uint16_t generation = 0;  // drawn at the start
  std::uint64_t id = 0;          // 40 bits: a million connections a second for twelve days

  constexpr std::uint64_t packed() const {
    return static_cast<std::uint64_t>(worker) << 56 | static_cast<std::uint64_t>(generation) << 40 | id;
  }
  static constexpr ConnectionRef unpack(std::uint64_t packed) {
    return {static_cast<int>(packed >> 56), static_cast<std::uint16_t>(packed >> 40),
            packed & ((std::uint64_t{1} << 40) - 1)};
  }
  bool operator==(const ConnectionRef&) const = default;
};

}  // namespace parley::legs
