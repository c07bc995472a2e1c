// Keeps new calls away from a worker that cannot keep time.
#pragma once

#include <cstddef>
#include <optional>

#include "base/time.hpp"

namespace parley::app {

/// One per worker: a worker whose media clock ran late refuses new calls until it has kept time for
/// a while, because calls in progress come first.
class OverloadGuard {
 public:
  /// Late enough to be heard: the far ends' jitter buffers hold less.
  static constexpr Duration too_late = 100ms;
  static constexpr int late_samples_to_close = 2, calm_samples_to_reopen = 3;

  enum class Change { close, reopen };

  /// Once a second, with the worst lateness since the last time and the worker's calls. One late
  /// second is the machine's hiccup, and without calls it is not their number that is to blame.
  std::optional<Change> judge(Duration lateness, std::size_t calls) {
    if (lateness > too_late && calls > 0) {
      calm_samples_ = 0;
      if (++late_samples_ < late_samples_to_close || closed_) return std::nullopt;
      closed_ = true;
      return Change::close;
    }
    late_samples_ = 0;
    if (!closed_ || ++calm_samples_ < calm_samples_to_reopen) return std::nullopt;
    closed_ = false;
    return Change::reopen;
  }

 private:
  bool closed_ = false;
  int late_samples_ = 0;
  int calm_samples_ = 0;
};

}  // namespace parley::app
