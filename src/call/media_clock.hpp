// The worker's media clock: one timer, every 5 ms.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/time.hpp"
#include "call/tick_schedule.hpp"

namespace parley::net {
class Worker;
}

namespace parley::call {

/// Drives a TickSchedule on a worker. When the worker was late, the missed phases run at once, each
/// with the time at which it really runs, so that no audio is skipped.
class MediaClock {
 public:
  /// How late the latest phase ran, told after each; for metrics and overload.
  using LatenessObserver = std::move_only_function<void(Duration lateness)>;

  MediaClock(net::Worker& worker, TickSchedule& schedule, LatenessObserver observer);
  ~MediaClock();
  void start();
  void stop();

 private:
  struct Timer;
  void arm();
  void fire();

  TickSchedule& schedule_;
  LatenessObserver observer_;
  std::unique_ptr<Timer> timer_;
  std::size_t phase_ = 0;
  TimePoint due_{};
};

}  // namespace parley::call
