// Counts what this thread allocates.
#pragma once

#include <cstddef>

namespace parley::assistant {
std::size_t allocations();
}
