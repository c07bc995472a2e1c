// What the machine lets one process have, and the cap on calls that follows.
#pragma once

#include <cstddef>

#include "app/config.hpp"

namespace parley::app {

/// Raises the limit of open files as far as the system allows; yields what it then is.
std::size_t raise_descriptor_limit();

/// `calls.max` of the configuration, or what descriptors, RTP ports and workers suffice for.
std::size_t call_limit(const Config& config, std::size_t descriptors, std::size_t workers);

}  // namespace parley::app
