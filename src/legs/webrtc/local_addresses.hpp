// The addresses of this machine that a peer may try.
#pragma once

#include <vector>

#include "base/endpoint.hpp"

namespace parley::legs {

/// Of interfaces that are up, IPv4 before IPv6, loopback last and only when asked for. Link-local ones are left out:
/// they need a zone that SDP cannot carry.
std::vector<IpAddress> local_addresses(bool with_loopback);

}  // namespace parley::legs
