// PCM that arrives in order but in bursts (TCP legs) in; one frame out per tick.
#pragma once

#include "audio/frame.hpp"
#include "audio/jitter/delay_estimator.hpp"
#include "audio/jitter/playout.hpp"
#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <span>

namespace parley::audio {

/// The jitter buffer's twin for legs behind TCP: the same delay control and stretching, without
/// reordering or concealment. When it is full, the oldest audio gives way.
///
/// Use it for live speech. What a peer sends faster than real time on purpose (a whole prompt at
/// once) does not belong here: it would be cut to `capacity`.
class ElasticBuffer {
 public:
  struct Config {
    Rate rate = Rate::narrow;
    std::chrono::milliseconds initial_delay{60};
    std::chrono::milliseconds min_delay{20};
    std::chrono::milliseconds max_delay{200};
    std::chrono::milliseconds capacity{1'000};
  };

  struct Statistics {
    std::chrono::milliseconds delay{};
    std::chrono::milliseconds target{};
    std::uint64_t received_samples = 0;
    std::uint64_t dropped_samples = 0;  // oldest, when full
    std::uint64_t missing_samples = 0;  // silence played inside speech because nothing was there
    std::uint64_t expanded_samples = 0;
    std::uint64_t accelerated_samples = 0;
  };

  explicit ElasticBuffer(const Config& config);

  /// Samples at the buffer's rate, any number of them.
  void push(std::span<const std::int16_t> samples, TimePoint now);
  /// The next 20 ms, once per tick. False (and a frame of zeros) when there was nothing to play.
  bool pop(Frame& frame, TimePoint now);
  void reset();

  Statistics statistics() const;

 private:
  void resume(TimePoint now);
  Duration delay(TimePoint now) const;
  void drop_oldest(std::size_t count);

  Config config_;
  DelayEstimator estimator_;
  Playout playout_;
  bool playing_ = false;       // false until enough has gathered after a silence
  std::int64_t received_ = 0;  // the position, in samples, of what arrives next
  std::size_t starved_ = 0;    // samples of silence since the last audio
  Statistics statistics_;
};

}  // namespace parley::audio
