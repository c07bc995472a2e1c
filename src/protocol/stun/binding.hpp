// A STUN server in one function: where a datagram came from (RFC 8489 §6.3.1).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/endpoint.hpp"

namespace parley::stun {

/// The answer to a Binding request from `source`; nothing to anything else. Without credentials: it says no
/// more than the sender's own address, in 52 bytes at most.
std::optional<std::vector<std::byte>> answer_binding(std::span<const std::byte> datagram, const Endpoint& source);

}  // namespace parley::stun
