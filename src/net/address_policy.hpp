// Which addresses a stranger may make us talk to.
#pragma once

#include "base/endpoint.hpp"

namespace parley::net {

/// Globally reachable unicast by the IANA special-purpose registries (RFC 6890 and its updates):
/// false for loopback, private, link-local, shared, documentation, multicast and reserved ranges, and
/// for IPv6 ranges that embed an IPv4 address.
bool is_public(const IpAddress& address);

}  // namespace parley::net
