#include "providers/local/segment.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace parley::providers::local {
namespace {

std::vector<std::int16_t> tone(std::size_t size, std::int16_t level) {
  std::vector<std::int16_t> out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = i % 2 == 0 ? level : static_cast<std::int16_t>(-level);
  return out;
}

TEST(QuietestPoint, IsInTheMiddleOfThePause) {
  auto samples = tone(80'000, 5'000);
  for (std::size_t i = 50'000; i < 51'600; ++i) samples[i] = 5;

  const std::size_t point = quietest_point(samples, 20'000, 80'000, 8'000);

  EXPECT_NEAR(static_cast<double>(point), 50'800, 700);
}

TEST(QuietestPoint, StaysInsideItsRange) {
  auto samples = tone(40'000, 5'000);
  samples.insert(samples.begin(), 8'000, 0);

  EXPECT_GE(quietest_point(samples, 20'000, 30'000, 8'000), 20'000u);
  EXPECT_LE(quietest_point(samples, 20'000, 30'000, 8'000), 30'000u);
  EXPECT_EQ(quietest_point(samples, 100, 200, 8'000), 200u);
  EXPECT_EQ(quietest_point({}, 0, 100, 8'000), 0u);
}

TEST(Loudest, CountsTheLoudestTenthOfASecond) {
  auto samples = tone(8'000, 10);
  EXPECT_NEAR(loudest_dbov(samples, 8'000), -70, 1);
  for (std::size_t i = 1'600; i < 2'400; ++i) samples[i] = i % 2 == 0 ? 3'277 : -3'277;
  EXPECT_NEAR(loudest_dbov(samples, 8'000), -20, 1);
  EXPECT_EQ(loudest_dbov({}, 8'000), -127);
}

TEST(Believable, IsNothingWithoutAWord) {
  EXPECT_EQ(believable("", 16'000, 16'000, -20), "");
  EXPECT_EQ(believable(" . ", 16'000, 16'000, -20), "");
  EXPECT_EQ(believable("?", 16'000, 16'000, -20), "");
}

TEST(Believable, IsASingleYouOnlyWhenItWasSpokenUp) {
  EXPECT_EQ(believable("You", 8'000, 16'000, -55), "");
  EXPECT_EQ(believable("Thank you.", 8'000, 16'000, -55), "");
  EXPECT_EQ(believable("Thank you.", 8'000, 16'000, -25), "Thank you.");
  EXPECT_EQ(believable("You", 48'000, 16'000, -55), "You");
}

TEST(Believable, IsTrimmed) {
  EXPECT_EQ(believable("  Four queen of clubs. ", 16'000, 16'000, -60), "Four queen of clubs.");
}

}  // namespace
}  // namespace parley::providers::local
