// Where work that blocks is done: a bounded pool of threads, as its users see it.
#pragma once

#include <functional>

namespace parley::speech {

class JobQueue {
 public:
  virtual ~JobQueue() = default;
  /// Runs `job` on some thread of the pool, later. False when the queue is full: the caller decides
  /// what then happens. Safe from any thread; never blocks.
  virtual bool try_submit(std::move_only_function<void()> job) = 0;
};

}  // namespace parley::speech
