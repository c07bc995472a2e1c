#include "base/rate_limit.hpp"

#include <algorithm>

namespace parley {

bool RateLimit::take(std::string_view key, TimePoint now) {
  const auto known = by_key_.find(key);
  if (known != by_key_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, known->second);
  } else {
    if (buckets_.size() >= limits_.keys) {
      by_key_.erase(buckets_.back().key);
      buckets_.pop_back();
    }
    buckets_.push_front({std::string{key}, limits_.burst, now});
    by_key_.emplace(buckets_.front().key, buckets_.begin());
  }
  Bucket& bucket = buckets_.front();
  const std::chrono::duration<double> passed = std::max<Duration>(now - bucket.at, Duration{0});
  bucket.tokens = std::min(limits_.burst, bucket.tokens + passed.count() * limits_.per_second);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace parley
