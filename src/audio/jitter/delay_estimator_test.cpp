#include "audio/jitter/delay_estimator.hpp"

#include <gtest/gtest.h>

namespace parley::audio {
namespace {

DelayEstimator estimator() { return {40ms, 20ms, 200ms}; }

TEST(DelayEstimator, BeginsWithTheInitialDelay) {
  auto delays = estimator();
  EXPECT_EQ(delays.target(), 40ms);
  delays.arrived(TimePoint{5s}, 0ms);
  EXPECT_GE(delays.target(), 40ms);
}

TEST(DelayEstimator, AsksForLittleMoreThanAFrameWithoutJitter) {
  auto delays = estimator();
  for (int i = 0; i < 500; ++i) delays.arrived(TimePoint{20ms * i}, 20ms * i);

  EXPECT_GE(delays.target(), 20ms);
  EXPECT_LE(delays.target(), 27ms);
}

TEST(DelayEstimator, CoversTheLatenessOfAllButAFewInAHundred) {
  auto delays = estimator();
  for (int i = 0; i < 1'000; ++i) delays.arrived(TimePoint{20ms * i + (i % 10 == 0 ? 50ms : 0ms)}, 20ms * i);
  EXPECT_GE(delays.target(), 70ms);

  auto rare = estimator();
  for (int i = 0; i < 1'000; ++i) rare.arrived(TimePoint{20ms * i + (i % 150 == 149 ? 50ms : 0ms)}, 20ms * i);
  EXPECT_LT(rare.target(), 40ms);
}

TEST(DelayEstimator, NeverAsksForMoreThanTheLargestDelay) {
  auto delays = estimator();
  for (int i = 0; i < 1'000; ++i) delays.arrived(TimePoint{20ms * i + (i % 2 == 0 ? 900ms : 0ms)}, 20ms * i);

  EXPECT_EQ(delays.target(), 200ms);
}

TEST(DelayEstimator, FollowsAPathThatBecameLonger) {
  auto delays = estimator();
  for (int i = 0; i < 500; ++i) delays.arrived(TimePoint{20ms * i}, 20ms * i);
  for (int i = 500; i < 1'000; ++i) delays.arrived(TimePoint{20ms * i + 70ms}, 20ms * i);

  EXPECT_EQ(delays.best_transit(), 70ms);
}

TEST(DelayEstimator, ForgetsAllAtReset) {
  auto delays = estimator();
  for (int i = 0; i < 100; ++i) delays.arrived(TimePoint{20ms * i + 50ms * (i % 2)}, 20ms * i);
  delays.reset();

  EXPECT_TRUE(delays.empty());
  EXPECT_EQ(delays.target(), 40ms);
}

}  // namespace
}  // namespace parley::audio
