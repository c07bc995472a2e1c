// Virtual time: what happens next, and nothing in between.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/time.hpp"
#include "sim/allocations.hpp"

namespace parley::sim {

/// Actions run in the order of their times; those of one instant in the order they were added.
class Timeline {
 public:
  using Action = std::move_only_function<void()>;

  TimePoint now() const { return now_; }
  void at(TimePoint when, Action action) {
    const Exempt own;
    waiting_.push_back({std::max(when, now_), ++added_, std::move(action)});
    std::ranges::push_heap(waiting_, later);
  }
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

  /// `settle` runs after every action: work that was posted meanwhile.
  void run_until(TimePoint end, const std::function<void()>& settle) {
    settle();
    while (!waiting_.empty() && waiting_.front().when <= end) {
      std::ranges::pop_heap(waiting_, later);
      auto next = std::move(waiting_.back());
      waiting_.pop_back();
      now_ = next.when;
      next.action();
      settle();
    }
    now_ = std::max(now_, end);
  }

 private:
  struct Waiting {
    TimePoint when;
    std::uint64_t order;
    Action action;
  };
  static bool later(const Waiting& a, const Waiting& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  TimePoint now_ = TimePoint{} + 1h;  // any instant will do
  std::uint64_t added_ = 0;
  std::vector<Waiting> waiting_;  // a heap
};

}  // namespace parley::sim
