// A rate with a burst, on the caller's clock.
#pragma once

#include <algorithm>

#include "base/time.hpp"

namespace parley::ice {

class TokenBucket {
 public:
  TokenBucket(double per_second, double burst, TimePoint now)
      : per_second_{per_second}, burst_{burst}, tokens_{burst}, filled_at_{now} {}

  /// False when the rate is used up.
  bool take(TimePoint now) {
    if (now > filled_at_) {
      const double seconds = std::chrono::duration<double>(now - filled_at_).count();
      tokens_ = std::min(burst_, tokens_ + seconds * per_second_);
      filled_at_ = now;
    }
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double per_second_, burst_, tokens_;
  TimePoint filled_at_;
};

}  // namespace parley::ice
