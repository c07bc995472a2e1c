// A bounded queue between exactly two threads.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "base/assert.hpp"

namespace parley {

/// One producer, one consumer, no lock. `capacity` is a power of two.
/// Cost: one acquire load and one release store an operation; nothing allocates after construction.
template <class T>
class SpscRing {
 public:
  explicit SpscRing(std::size_t capacity) : slots_{std::make_unique<T[]>(capacity)}, mask_{capacity - 1} {
    PARLEY_ASSERT(std::has_single_bit(capacity));
  }

  /// False when full: the caller decides what is dropped, and counts it.
  bool push(T value) {
    const auto head = head_.load(std::memory_order_relaxed);
    if (head - tail_.load(std::memory_order_acquire) > mask_) return false;
    slots_[head & mask_] = std::move(value);
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  std::optional<T> pop() {
    const auto tail = tail_.load(std::memory_order_relaxed);
    if (tail == head_.load(std::memory_order_acquire)) return std::nullopt;
    std::optional<T> value{std::move(slots_[tail & mask_])};
    tail_.store(tail + 1, std::memory_order_release);
    return value;
  }

  /// Exact for either of the two threads when the other is still.
  std::size_t size() const { return head_.load(std::memory_order_acquire) - tail_.load(std::memory_order_acquire); }

 private:
  std::unique_ptr<T[]> slots_;
  const std::size_t mask_;
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace parley
