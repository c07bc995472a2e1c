// How late packets come, compared with the fastest ones, and what delay that asks for.
#pragma once

#include "base/time.hpp"

#include <array>
#include <cstdint>

namespace parley::audio {

/// Learns from arrivals. A packet's *transit* is its arrival minus its place in the sender's time:
/// meaningless as a number, comparable between packets. The smallest transit of the last seconds is
/// the network at its best, and follows the drift between the two clocks; how far the others lie
/// above it is the jitter.
class DelayEstimator {
 public:
  DelayEstimator(Duration initial, Duration min, Duration max);

  /// `position` is the packet's first sample in the sender's time.
  void arrived(TimePoint arrival, Duration position);
  void reset();

  bool empty() const { return count_ == 0; }
  /// Smallest transit of the last seconds. Only after the first arrived().
  Duration best_transit() const { return best_; }
  /// The delay, counted from the best transit to the playing of a sample at the start of a frame,
  /// at which 98 of 100 packets come in time.
  Duration target() const { return target_; }

 private:
  void remember(Duration transit, TimePoint arrival);
  void count(Duration lateness);
  void choose_target();

  static constexpr std::size_t windows = 8;  // of half a second each
  struct Window {
    std::int64_t index = -1;
    Duration best{};
  };

  Duration initial_, min_, max_;
  std::array<Window, windows> recent_{};
  std::array<float, 128> share_{};  // of packets, by lateness in steps of 2 ms; sums to 1
  std::uint64_t count_ = 0;
  Duration best_{};
  Duration target_;
};

}  // namespace parley::audio
