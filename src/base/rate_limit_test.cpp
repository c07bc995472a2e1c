#include "base/rate_limit.hpp"

#include <gtest/gtest.h>

namespace parley {
namespace {

constexpr TimePoint start{};

int taken(RateLimit& limit, std::string_view key, TimePoint now, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += limit.take(key, now);
  return count;
}

TEST(RateLimit, ABurstAndThenTheRate) {
  RateLimit limit{{.burst = 3, .per_second = 2}};

  EXPECT_EQ(taken(limit, "a", start, 10), 3);
  EXPECT_EQ(taken(limit, "a", start + 400ms, 10), 0);
  EXPECT_EQ(taken(limit, "a", start + 1s, 10), 2) << "what was too early has not cost anything";
  EXPECT_EQ(taken(limit, "a", start + 1h, 10), 3) << "rest does not add up beyond the burst";
}

TEST(RateLimit, KeysDoNotCountForEachOther) {
  RateLimit limit{{.burst = 1, .per_second = 1}};

  EXPECT_TRUE(limit.take("a", start));
  EXPECT_TRUE(limit.take("b", start));
  EXPECT_FALSE(limit.take("a", start));
}

TEST(RateLimit, AFloodOfKeysIsBounded) {
  RateLimit limit{{.burst = 1, .per_second = 1, .keys = 10}};

  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(limit.take(std::to_string(i), start));

  EXPECT_EQ(limit.keys(), 10u);
  EXPECT_FALSE(limit.take("999", start)) << "the latest are remembered";
}

}  // namespace
}  // namespace parley
