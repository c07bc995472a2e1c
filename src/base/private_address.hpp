// Which addresses are of a network that nobody beyond it can reach.
#pragma once

#include "base/endpoint.hpp"

namespace parley {

/// Loopback, link-local, and what RFC 1918, 4193 and 6598 set aside.
bool is_private(const IpAddress& address);

}  // namespace parley
