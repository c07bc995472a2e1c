// Which of this machine's addresses a peer sees.
#pragma once

#include <optional>

#include "base/endpoint.hpp"

namespace parley::legs {

/// The source address that the system's routes choose towards `peer`; nothing without a route.
std::optional<IpAddress> local_address_towards(const IpAddress& peer);

}  // namespace parley::legs
