// The thread that reads, so that a long list does not hold writes up.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "store/sqlite.hpp"

namespace parley::store {

class Reader {
 public:
  using Job = std::move_only_function<void(Connection&)>;

  Reader(Connection connection, std::size_t queue_limit);
  /// Does what waits.
  ~Reader();

  /// False when the queue is full; the job is then as it was.
  bool submit(Job& job);

 private:
  void run();

  Connection connection_;
  const std::size_t queue_limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::jthread thread_;
};

}  // namespace parley::store
