// How often something may be done, per key: a token bucket each.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.hpp"

namespace parley {

/// A key may do `burst` things at once and `per_second` in the long run. Bounded: the key that did
/// something longest ago is forgotten first, which only ever lets more through.
class RateLimit {
 public:
  struct Limits {
    double burst = 1;
    double per_second = 1;
    std::size_t keys = 10'000;
  };

  explicit RateLimit(Limits limits) : limits_{limits} {}

  /// Whether one more may be done now; if so, it counts.
  bool take(std::string_view key, TimePoint now);
  std::size_t keys() const { return buckets_.size(); }

 private:
  struct Bucket {
    std::string key;
    double tokens;
    TimePoint at;  // when there were so many
  };
  using Buckets = std::list<Bucket>;  // the latest first

  Limits limits_;
  Buckets buckets_;
  std::unordered_map<std::string_view, Buckets::iterator> by_key_;  // views into the buckets
};

}  // namespace parley
