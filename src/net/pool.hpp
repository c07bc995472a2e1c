// Threads for work that blocks: files, databases, speech models.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace parley::net {

struct BlockingPoolConfig {
  std::string name;               // of its threads: `files-0`, …
  std::size_t threads = 1;        // with one, work runs in the order of submission
  std::size_t queue_limit = 256;  // waiting, not counting what runs
  int nice = 0;                   // behind_media for most
};

class BlockingPool {
 public:
  explicit BlockingPool(BlockingPoolConfig config);
  /// Drains.
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// False when the queue is full or the pool is stopping: `work` is left as it was, and the caller
  /// decides what that means. From any thread, the pool's own included. An exception that leaves
  /// `work` is logged as an error.
  bool try_submit(std::move_only_function<void()>&& work);
  /// Waiting, not counting what runs.
  std::size_t depth() const;
  /// Refuses new work, runs what is queued, joins. Not from a thread of the pool.
  void stop();
  /// As stop(), but what is queued is destroyed unrun: for work whose results nobody waits for any more.
  void abandon();

 private:
  void run(std::size_t index);

  const BlockingPoolConfig config_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::move_only_function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace parley::net
