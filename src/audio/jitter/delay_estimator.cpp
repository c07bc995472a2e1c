#include "audio/jitter/delay_estimator.hpp"

#include "audio/frame.hpp"

#include <algorithm>

namespace parley::audio {
namespace {

constexpr Duration window_length = 500ms;
constexpr Duration step = 2ms;       // of the histogram
constexpr float in_time = 0.98f;     // the share of packets that the target serves
constexpr float memory = 0.9985f;    // per packet: half is forgotten in 9 s of 20 ms packets
constexpr std::uint64_t early = 50;  // packets after which the histogram is trusted over `initial`
// A frame is played whole, so its last sample must be there when its first one is due; and the
// delay is only held to within a few milliseconds.
constexpr Duration margin = frame_duration + 3ms;

}  // namespace

DelayEstimator::DelayEstimator(Duration initial, Duration min, Duration max)
    : initial_{initial}, min_{min}, max_{max}, target_{initial} {}

void DelayEstimator::arrived(TimePoint arrival, Duration position) {
  const Duration transit = arrival.time_since_epoch() - position;
  remember(transit, arrival);
  count(transit - best_);
  choose_target();
}

void DelayEstimator::reset() {
  recent_.fill({});
  share_.fill(0);
  count_ = 0;
  target_ = initial_;
}

void DelayEstimator::remember(Duration transit, TimePoint arrival) {
  const std::int64_t index = arrival.time_since_epoch() / window_length;
  Window& window = recent_[static_cast<std::size_t>(index % static_cast<std::int64_t>(windows) +
                                                    static_cast<std::int64_t>(windows)) %
                           windows];
  if (window.index != index) window = {index, transit};
  window.best = std::min(window.best, transit);

  best_ = transit;
  for (const Window& other : recent_)
    if (other.index >= 0 && index - other.index < static_cast<std::int64_t>(windows) && other.index <= index)
      best_ = std::min(best_, other.best);
}

void DelayEstimator::count(Duration lateness) {
  ++count_;
  const float kept = std::min(memory, 1.0f - 1.0f / static_cast<float>(count_));
  for (float& share : share_) share *= kept;
  const auto bin = static_cast<std::size_t>(std::max(lateness, Duration{}) / step);
  share_[std::min(bin, share_.size() - 1)] += 1.0f - kept;
}

void DelayEstimator::choose_target() {
  float sum = 0;
  std::size_t bin = 0;
  while (bin < share_.size() && (sum += share_[bin]) < in_time) ++bin;
  Duration wanted = static_cast<std::int64_t>(bin + 1) * step + margin;
  if (count_ < early) wanted = std::max(wanted, initial_);
  wanted = std::clamp(wanted, min_, max_);
  // Up at once, down slowly: what was needed may be needed again.
  target_ = wanted > target_ ? wanted : target_ - (target_ - wanted) / 64;
}

}  // namespace parley::audio
