// Keeps new calls away from a worker that cannot keep time.
#pragma once

#include <optional>

#include "base/time.hpp"

namespace parley::app {

/// One per worker: a worker whose media clock ran late refuses new calls until it has kept time for
/// a while, because calls in progress come first.
class OverloadGuard {
 public:
  /// Late enough to be heard: the far ends' jitter buffers hold less.
  static constexpr Duration too_late = 100ms;
  static constexpr int calm_samples_to_reopen = 3;

  enum class Change { close, reopen };

  /// Once a second, with the worst lateness since the last time.
  std::optional<Change> judge(Duration lateness) {
    if (lateness > too_late) {
      calm_samples_ = 0;
      if (closed_) return std::nullopt;
      closed_ = true;
      return Change::close;
    }
    if (!closed_ || ++calm_samples_ < calm_samples_to_reopen) return std::nullopt;
    closed_ = false;
    return Change::reopen;
  }

 private:
  bool closed_ = false;
  int calm_samples_ = 0;
};

}  // namespace parley::app
