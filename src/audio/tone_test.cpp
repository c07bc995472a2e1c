#include "audio/tone.hpp"

#include "audio/level.hpp"
#include "audio/testing/signals.hpp"

#include <gtest/gtest.h>

namespace parley::audio {
namespace {

using namespace testing;

TEST(Tone, TestToneIs1004HzAtMinus16) {
  Tone tone{test_tone, Rate::narrow};
  Frame frame{Rate::narrow};
  std::vector<std::int16_t> heard;
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(tone.read(frame));
    heard.insert(heard.end(), frame.samples().begin(), frame.samples().end());
  }

  EXPECT_EQ(level_dbov(frame.samples()), -16);
  const double amplitude = 32'767 * std::pow(10, -13.0 / 20);
  EXPECT_NEAR(amplitude_at(heard, 1'004, 8'000), amplitude, amplitude * 0.02);
}

TEST(Tone, KeepsItsLevelForADay) {
  Oscillator oscillator{1'004, -16, Rate::narrow};
  for (int i = 0; i < 2'000'000; ++i) oscillator.next();
  double peak = 0;
  for (int i = 0; i < 8'000; ++i) peak = std::max(peak, std::abs(oscillator.next()));

  EXPECT_NEAR(peak, 32'767 * std::pow(10, (-16 + 3.0103) / 20), 1);
}

TEST(Tone, FollowsItsCadence) {
  Tone tone{ringback_us, Rate::wide};
  Frame frame{Rate::wide};
  int sounding = 0;
  for (int i = 0; i < 300; ++i) sounding += tone.read(frame);

  EXPECT_EQ(sounding, 100);  // 2 s of 6
}

TEST(Tone, BeginsAndEndsWithoutAClick) {
  Tone tone{{{1'000, 0}, -10, std::chrono::milliseconds{50}, std::chrono::milliseconds{50}}, Rate::wide};
  Frame frame{Rate::wide};
  std::vector<std::int16_t> heard;
  for (int i = 0; i < 10; ++i) {
    tone.read(frame);
    heard.insert(heard.end(), frame.samples().begin(), frame.samples().end());
  }
  int largest = 0;
  for (std::size_t i = 1; i < heard.size(); ++i) largest = std::max(largest, std::abs(heard[i] - heard[i - 1]));

  const double amplitude = 32'767 * std::pow(10, -7.0 / 20);
  EXPECT_LT(largest, amplitude * 2 * std::numbers::pi * 1'000 / 16'000 * 1.1);
}

}  // namespace
}  // namespace parley::audio
