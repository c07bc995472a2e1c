// The way between us and one address of the peer.
#pragma once

#include <cstdint>

#include "base/endpoint.hpp"

namespace parley::ice {

/// One of the shell's sockets or TCP connections. The core only compares it and hands it back.
using Channel = std::uint32_t;

struct Path {
  Endpoint remote;
  Channel channel = 0;
  auto operator<=>(const Path&) const = default;
};

}  // namespace parley::ice
