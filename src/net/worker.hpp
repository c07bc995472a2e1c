// One thread with one event loop; every call lives on exactly one.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/time.hpp"

namespace boost::asio {
class io_context;
}

namespace parley::net {

/// A thread with an `io_context(1)`. What lives on it is touched by that thread only; everybody
/// else posts.
class Worker {
 public:
  explicit Worker(int index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  int index() const { return index_; }
  boost::asio::io_context& context() { return *context_; }

  /// Runs `work` on this worker, later, never inside post(); from any thread, in the order of the
  /// posts of one thread. Nothing is refused: a completion must not get lost, so whoever starts
  /// work bounds how much of it is under way. After stop() it is destroyed unrun.
  void post(std::move_only_function<void()> work);
  /// Posted and not yet run.
  std::size_t depth() const { return depth_.load(std::memory_order_relaxed); }

  bool is_current() const { return current() == this; }
  /// The worker whose thread this is, or null.
  static Worker* current();

  /// How late the loop was at worst since the last call, sampled ten times a second: a handler
  /// that ran long shows here. From any thread.
  Duration take_longest_lag();

 private:
  friend class Workers;
  class LagProbe;
  void run(bool pin);

  const int index_;
  std::unique_ptr<boost::asio::io_context> context_;
  std::unique_ptr<LagProbe> lag_probe_;
  std::atomic<std::size_t> depth_{0};
  std::atomic<Duration::rep> longest_lag_{0};
};

/// All workers of the program.
class Workers {
 public:
  /// `pin_to_cpus` ties worker i to the i-th CPU that the process may use.
  explicit Workers(std::size_t count, bool pin_to_cpus = false);
  /// Stops and joins.
  ~Workers();

  std::size_t size() const { return workers_.size(); }
  Worker& at(std::size_t index) { return *workers_.at(index); }

  /// Starts the threads (`worker-0`, …), with all asynchronous signals blocked in them. Once.
  void start();
  /// Ends the loops after the handlers that run now. What is still suspended is destroyed with the
  /// workers, so close listeners and join scopes before.
  void stop();
  void join();

 private:
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::jthread> threads_;
  bool pin_to_cpus_;
};

}  // namespace parley::net
