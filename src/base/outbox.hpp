// What a core wants done, in order, until somebody polls it.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace parley {

template <class T>
class Outbox {
 public:
  void push(T value) { items_.push_back(std::move(value)); }

  std::optional<T> poll() {
    if (next_ == items_.size()) {
      items_.clear();  // keeps its memory for the next round
      next_ = 0;
      return std::nullopt;
    }
    return std::move(items_[next_++]);
  }

 private:
  std::vector<T> items_;
  std::size_t next_ = 0;
};

}  // namespace parley
