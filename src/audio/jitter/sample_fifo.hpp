// Samples between a decoder and the tick, contiguous so that stretching can work in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace parley::audio {

/// A queue of samples of fixed capacity. Its content is always one contiguous span: the memory is
/// twice the capacity, and moved together only when its end is reached.
class SampleFifo {
 public:
  explicit SampleFifo(std::size_t capacity) : memory_(2 * capacity), capacity_{capacity} {}

  std::size_t size() const { return end_ - begin_; }
  std::size_t capacity() const { return capacity_; }
  std::size_t room() const { return capacity_ - size(); }
  bool empty() const { return begin_ == end_; }
  std::span<std::int16_t> content() { return {memory_.data() + begin_, size()}; }

  /// `count` samples (at most room()) at the end, to be filled; grow() then keeps those that were.
  std::span<std::int16_t> space(std::size_t count);
  void grow(std::size_t count) { end_ += count; }

  void append(std::span<const std::int16_t> samples);
  void drop_front(std::size_t count) { begin_ += count; }
  void clear() { begin_ = end_ = 0; }

 private:
  std::vector<std::int16_t> memory_;
  std::size_t capacity_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace parley::audio
