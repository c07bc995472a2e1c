// Identifiers that sort by the time they were made.
#pragma once

#include <string>

#include "base/random.hpp"
#include "base/time.hpp"

namespace parley {

/// 26 characters of Crockford base 32: 48 bits of milliseconds, then 80 random bits
/// (https://github.com/ulid/spec). Two of the same millisecond sort arbitrarily.
std::string make_ulid(WallTime now, Random& random);

}  // namespace parley
