#include "audio/elastic_buffer.hpp"

#include "audio/mix.hpp"
#include "base/assert.hpp"

#include <algorithm>

namespace parley::audio {
namespace {

/// Nothing for so long is a pause of the sender's, not a slow network: the delay is then found
/// anew.
constexpr std::size_t pause_ms = 100;

std::int64_t samples_of(Duration duration, Rate rate) {
  return duration / Duration{1'000'000'000 / static_cast<std::int64_t>(hertz(rate))};
}
Duration duration_of(std::int64_t samples, Rate rate) {
  return Duration{samples * (1'000'000'000 / static_cast<std::int64_t>(hertz(rate)))};
}

}  // namespace

ElasticBuffer::ElasticBuffer(const Config& config)
    : config_{config},
      estimator_{config.initial_delay, config.min_delay, config.max_delay},
      playout_{config.rate, hertz(config.rate) / 1000 * static_cast<std::size_t>(config.capacity.count())} {
  PARLEY_ASSERT(config.capacity >= config.max_delay && config.capacity >= 100ms);
}

void ElasticBuffer::push(std::span<const std::int16_t> samples, TimePoint now) {
  if (samples.empty()) return;
  statistics_.received_samples += samples.size();
  if (!playing_ && playout_.samples().empty()) resume(now);
  estimator_.arrived(now, duration_of(received_, config_.rate));
  received_ += static_cast<std::int64_t>(samples.size());

  SampleFifo& waiting = playout_.samples();
  const std::size_t kept = std::min(samples.size(), waiting.capacity());
  const std::size_t skipped = samples.size() - kept;
  if (kept > waiting.room()) drop_oldest(kept - waiting.room());
  statistics_.dropped_samples += skipped;
  waiting.append(samples.last(kept));
}

bool ElasticBuffer::pop(Frame& frame, TimePoint now) {
  PARLEY_ASSERT(frame.rate() == config_.rate);
  SampleFifo& waiting = playout_.samples();
  if (!playing_ && !waiting.empty())
    playing_ = delay(now) >= estimator_.target() ||
               static_cast<std::int64_t>(waiting.size()) >= samples_of(estimator_.target(), config_.rate);
  frame.silence();
  if (!playing_) return false;

  const std::size_t size = frame_size(config_.rate);
  if (waiting.size() >= size) {
    starved_ = 0;
    playout_.steer(delay(now) - estimator_.target());
    playout_.pop(frame);
    return true;
  }
  // Too little: what there is, softly ended, then silence until more comes.
  const std::size_t rest = waiting.size();
  std::ranges::copy(waiting.content(), frame.samples().begin());
  fade_out(frame.samples().first(rest), config_.rate);
  waiting.drop_front(rest);
  starved_ += size - rest;
  playing_ = starved_ < hertz(config_.rate) / 1000 * pause_ms;
  if (playing_) statistics_.missing_samples += size - rest;
  return rest > 0;
}

/// After a pause the sender's time goes on where the clock is: TCP carries no timestamps.
void ElasticBuffer::resume(TimePoint now) {
  starved_ = 0;
  if (estimator_.empty()) return;
  received_ = samples_of(now.time_since_epoch() - estimator_.best_transit(), config_.rate);
}

void ElasticBuffer::drop_oldest(std::size_t count) {
  playout_.samples().drop_front(count);
  playout_.shifted(-duration_of(static_cast<std::int64_t>(count), config_.rate));
  statistics_.dropped_samples += count;
  fade_in(playout_.samples().content(), config_.rate);
}

void ElasticBuffer::reset() {
  estimator_.reset();
  playout_.reset();
  playing_ = false;
  received_ = 0;
  starved_ = 0;
}

Duration ElasticBuffer::delay(TimePoint now) const {
  const auto next = received_ - static_cast<std::int64_t>(playout_.samples().size());
  return now.time_since_epoch() - duration_of(next, config_.rate) - estimator_.best_transit();
}

ElasticBuffer::Statistics ElasticBuffer::statistics() const {
  using std::chrono::milliseconds;
  Statistics now = statistics_;
  now.target = std::chrono::duration_cast<milliseconds>(estimator_.target());
  now.delay = std::chrono::duration_cast<milliseconds>(
      duration_of(static_cast<std::int64_t>(playout_.samples().size()), config_.rate));
  now.expanded_samples = playout_.expanded();
  now.accelerated_samples = playout_.accelerated();
  return now;
}

}  // namespace parley::audio
