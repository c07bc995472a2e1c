// One deadline each for many things: set, moved and taken away in logarithmic time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/time.hpp"

namespace parley::sip {

template <class Key>
class TimerQueue {
 public:
  /// TimePoint::max() takes it out.
  void set(Key key, TimePoint at) {
    const auto found = at_.find(key);
    if (found != at_.end()) {
      if (found->second == at) return;
      order_.erase({found->second, key});
      at_.erase(found);
    }
    if (at == TimePoint::max()) return;
    at_.emplace(key, at);
    order_.emplace(at, key);
  }

  /// Takes out the earliest that is due.
  std::optional<Key> take_due(TimePoint now) {
    if (order_.empty() || order_.begin()->first > now) return std::nullopt;
    const Key key = order_.begin()->second;
    order_.erase(order_.begin());
    at_.erase(key);
    return key;
  }

  TimePoint next() const { return order_.empty() ? TimePoint::max() : order_.begin()->first; }

 private:
  std::set<std::pair<TimePoint, Key>> order_;
  std::unordered_map<Key, TimePoint> at_;
};

}  // namespace parley::sip
