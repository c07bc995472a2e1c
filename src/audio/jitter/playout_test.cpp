#include "audio/jitter/playout.hpp"

#include "audio/testing/signals.hpp"

#include <gtest/gtest.h>

namespace parley::audio {
namespace {

using namespace testing;

class PlayoutAt : public ::testing::TestWithParam<Rate> {
 protected:
  Rate rate = GetParam();
  std::size_t ms = hertz(rate) / 1000;
  Playout playout{rate, 250 * ms};

  /// Plays all of `sound` while the delay is off by `error`; yields what was heard.
  std::vector<std::int16_t> play(std::span<const std::int16_t> sound, Duration error) {
    std::vector<std::int16_t> heard;
    Frame frame{rate};
    while (sound.size() > 60 * ms) {
      while (playout.samples().size() < playout.wanted()) {
        playout.samples().append(sound.first(10 * ms));
        sound = sound.subspan(10 * ms);
      }
      const auto mended = static_cast<double>(playout.expanded()) - static_cast<double>(playout.accelerated());
      playout.steer(error + Duration{static_cast<std::int64_t>(mended * 1e9 / hertz(rate))});
      playout.pop(frame);
      heard.insert(heard.end(), frame.samples().begin(), frame.samples().end());
    }
    return heard;
  }
};

INSTANTIATE_TEST_SUITE_P(Playout, PlayoutAt, ::testing::Values(Rate::narrow, Rate::wide));

TEST_P(PlayoutAt, PassesSoundUnchangedWhileTheDelayIsRight) {
  const auto sound = speech_like(rate, 2'000 * ms);

  const auto heard = play(sound, Duration{});

  EXPECT_TRUE(std::ranges::equal(heard, std::span{sound}.first(heard.size())));
}

TEST_P(PlayoutAt, TakesOutWholePeriodsOfAVoice) {
  const auto sound = sine(125, 8'000, rate, 1'000 * ms);  // 8 ms a period

  const auto heard = play(sound, 30ms);

  EXPECT_GE(playout.accelerated(), 24 * ms);
  EXPECT_EQ(playout.accelerated() % (8 * ms), 0u);
  EXPECT_NEAR(amplitude_at(heard, 125, hertz(rate)), 8'000, 200);
}

TEST_P(PlayoutAt, AddsWholePeriodsOfAVoice) {
  const auto sound = sine(125, 8'000, rate, 1'000 * ms);

  const auto heard = play(sound, -30ms);

  EXPECT_GE(playout.expanded(), 24 * ms);
  EXPECT_EQ(playout.expanded() % (8 * ms), 0u);
  EXPECT_NEAR(amplitude_at(heard, 125, hertz(rate)), 8'000, 200);
}

TEST_P(PlayoutAt, MendsTheDelayToWithinAPeriodInSilence) {
  const std::vector<std::int16_t> silence(1'000 * ms);

  play(silence, 25ms);
  EXPECT_NEAR(static_cast<double>(playout.accelerated()), 25.0 * static_cast<double>(ms),
              3.0 * static_cast<double>(ms));

  playout.reset();
  const auto before = playout.accelerated();
  play(silence, -25ms - Duration{static_cast<std::int64_t>(-static_cast<double>(before) * 1e9 / hertz(rate))});
  EXPECT_NEAR(static_cast<double>(playout.expanded()), 25.0 * static_cast<double>(ms), 3.0 * static_cast<double>(ms));
}

TEST_P(PlayoutAt, LeavesSmallErrorsInSpeechAlone) {
  play(sine(125, 8'000, rate, 2'000 * ms), 4ms);

  EXPECT_EQ(playout.accelerated() + playout.expanded(), 0u);
}

}  // namespace
}  // namespace parley::audio
