// Our own mistakes, as opposed to bad input: on in release too.
#pragma once

namespace parley {

/// Writes `file:line: assertion failed: condition` to the standard error and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace parley

/// A broken precondition or an impossible state. Never used for what arrives from outside.
#define PARLEY_ASSERT(condition) \
  (static_cast<bool>(condition) ? void(0) : ::parley::assertion_failed(#condition, __FILE__, __LINE__))
