// The time base of everything that is said in a call.
#pragma once

#include <chrono>

namespace parley::speech {

/// Offset on the call's media clock: time since the call's first tick. All times of a call's
/// speech are counted in it, never in the time somebody noticed (turn-taking counts from these).
using MediaTime = std::chrono::microseconds;

}  // namespace parley::speech
