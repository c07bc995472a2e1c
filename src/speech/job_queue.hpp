// Where speech work that takes milliseconds runs: a bounded pool of threads, behind the smallest
// face.
#pragma once

#include <cstddef>
#include <functional>

namespace parley::speech {

/// Runs work on other threads, at low priority (nice +10: media and signalling go first). Safe from
/// any thread. Outlives whoever submits to it.
class JobQueue {
 public:
  virtual ~JobQueue() = default;
  /// False when the queue is full: `work` is left as it was, and the caller decides what that
  /// means.
  virtual bool try_submit(std::move_only_function<void()>&& work) = 0;
  /// Waiting, not counting what runs. Work that can be done without asks first.
  virtual std::size_t depth() const = 0;
};

}  // namespace parley::speech
