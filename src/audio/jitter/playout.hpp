// The last stage of both buffers: decoded samples in, frames out, delay steered by stretching.
#pragma once

#include "audio/frame.hpp"
#include "audio/jitter/sample_fifo.hpp"
#include "base/time.hpp"

#include <cstdint>

namespace parley::audio {

/// Holds what is decoded and not yet played. Told every tick how far the delay is from its target,
/// it takes out or adds whole pitch periods (in silence: any piece) until they agree.
class Playout {
 public:
  Playout(Rate rate, std::size_t capacity);

  SampleFifo& samples() { return samples_; }
  const SampleFifo& samples() const { return samples_; }

  /// Once per tick: delay now minus its target. Smoothed here, as one tick is jittery itself.
  void steer(Duration error);
  /// What pop() would like to find to be able to take a piece out; one frame is always enough.
  std::size_t wanted() const;
  /// One frame from the front, after stretching when the delay asks for it. Needs a frame's
  /// samples.
  void pop(Frame& frame);
  void reset();
  /// The delay changed by other means (positive: it grew).
  void shifted(Duration change);

  std::uint64_t expanded() const { return expanded_; }
  std::uint64_t accelerated() const { return accelerated_; }

 private:
  struct Similarity {
    std::size_t lag;
    float score;  // -1 to 1
  };

  void accelerate(bool quiet);
  void expand(bool quiet);
  bool front_is_quiet();
  Similarity find_period(std::size_t longest);
  void stretched(double change);

  Rate rate_;
  std::size_t ms_;  // samples in one
  SampleFifo samples_;
  double error_ = 0;          // in samples, smoothed; positive: too late
  std::uint32_t ticks_ = 0;   // since the last reset
  std::uint32_t rested_ = 0;  // ticks since the last piece
  float floor_ = 0;           // energy of the quietest frames lately
  std::uint64_t expanded_ = 0;
  std::uint64_t accelerated_ = 0;
};

}  // namespace parley::audio
