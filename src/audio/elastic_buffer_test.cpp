#include "audio/elastic_buffer.hpp"

#include "audio/testing/signals.hpp"

#include <gtest/gtest.h>

namespace parley::audio {
namespace {

using namespace testing;

struct Played {
  std::vector<std::int16_t> heard;
  std::size_t empty_ticks = 0;
};

/// Sends `sound` in bursts of `burst`, by a clock off by `ppm`, and ticks until it is all sent.
Played play(ElasticBuffer& buffer, Rate rate, std::span<const std::int16_t> sound, Duration burst, double ppm = 0) {
  Played played;
  Frame frame{rate};
  const auto samples = static_cast<std::size_t>(burst.count() * hertz(rate) / 1'000'000'000);
  std::size_t sent = 0;
  for (Duration now{}; sent + samples <= sound.size(); now += 20ms) {
    const double spoken = std::chrono::duration<double>(now).count() * hertz(rate) * (1 + ppm * 1e-6);
    while (sent + samples <= sound.size() && static_cast<double>(sent + samples) <= spoken) {
      buffer.push(sound.subspan(sent, samples), TimePoint{now});
      sent += samples;
    }
    if (!buffer.pop(frame, TimePoint{now})) ++played.empty_ticks;
    played.heard.insert(played.heard.end(), frame.samples().begin(), frame.samples().end());
  }
  return played;
}

TEST(ElasticBuffer, PlaysNothingUntilEnoughHasGathered) {
  ElasticBuffer buffer{{}};
  Frame frame{Rate::narrow};
  EXPECT_FALSE(buffer.pop(frame, TimePoint{}));
  buffer.push(std::vector<std::int16_t>(160), TimePoint{});
  EXPECT_FALSE(buffer.pop(frame, TimePoint{}));
  buffer.push(std::vector<std::int16_t>(480), TimePoint{20ms});
  EXPECT_TRUE(buffer.pop(frame, TimePoint{20ms}));
}

TEST(ElasticBuffer, PassesASteadyStreamWithoutAHole) {
  ElasticBuffer buffer{{}};
  const auto played = play(buffer, Rate::narrow, sine(440, 8'000, Rate::narrow, 80'000), 20ms);

  EXPECT_LT(played.empty_ticks, 6u);
  EXPECT_EQ(buffer.statistics().missing_samples, 0u);
  EXPECT_EQ(buffer.statistics().dropped_samples, 0u);
  EXPECT_NEAR(amplitude_at(std::span{played.heard}.last(8'000), 440, 8'000), 8'000, 100);
}

TEST(ElasticBuffer, LearnsToBridgeBursts) {
  ElasticBuffer buffer{{.rate = Rate::wide}};
  play(buffer, Rate::wide, speech_like(Rate::wide, 16'000 * 5), 100ms);
  const auto learned = buffer.statistics().missing_samples;
  EXPECT_GE(buffer.statistics().target, 20ms);

  ElasticBuffer longer{{.rate = Rate::wide}};
  play(longer, Rate::wide, speech_like(Rate::wide, 16'000 * 20), 100ms);

  EXPECT_LT(longer.statistics().missing_samples, learned + 16 * 100);
}

TEST(ElasticBuffer, FollowsTheSendersClock) {
  for (const double ppm : {-200.0, 200.0}) {
    ElasticBuffer buffer{{}};
    const auto played = play(buffer, Rate::narrow, speech_like(Rate::narrow, 8'000 * 300), 20ms, ppm);

    const auto statistics = buffer.statistics();
    EXPECT_EQ(statistics.dropped_samples, 0u) << ppm;
    EXPECT_LT(statistics.missing_samples, 8u * 40) << ppm;
    EXPECT_LT(statistics.delay, 70ms) << ppm;
    EXPECT_LT(played.empty_ticks, 10u) << ppm;
  }
}

TEST(ElasticBuffer, DropsTheOldestWhenItIsFull) {
  ElasticBuffer buffer{{.capacity = std::chrono::milliseconds{500}}};
  std::vector<std::int16_t> sound(8'000 * 3, 1'000);
  std::ranges::fill(std::span{sound}.last(4'000), std::int16_t{2'000});
  buffer.push(sound, TimePoint{});
  Frame frame{Rate::narrow};
  buffer.pop(frame, TimePoint{});

  EXPECT_EQ(buffer.statistics().dropped_samples, 8'000u * 3 - 4'000);
  EXPECT_EQ(frame.samples()[100], 2'000);
}

TEST(ElasticBuffer, StartsAgainAfterAPauseWithoutAddingToTheDelay) {
  ElasticBuffer buffer{{}};
  const auto sound = speech_like(Rate::narrow, 8'000);
  Frame frame{Rate::narrow};
  Duration now{};
  for (int turn = 0; turn < 10; ++turn) {
    for (std::size_t at = 0; at < sound.size(); at += 160, now += 20ms) {
      buffer.push(std::span{sound}.subspan(at, 160), TimePoint{now});
      buffer.pop(frame, TimePoint{now});
    }
    EXPECT_LT(buffer.statistics().delay, 90ms) << turn;
    for (const Duration end = now + 700ms; now < end; now += 20ms) buffer.pop(frame, TimePoint{now});
  }
  EXPECT_FALSE(buffer.pop(frame, TimePoint{now}));
}

TEST(ElasticBuffer, ForgetsItsContentAtReset) {
  ElasticBuffer buffer{{}};
  buffer.push(std::vector<std::int16_t>(4'000, 500), TimePoint{});
  buffer.reset();
  Frame frame{Rate::narrow};

  EXPECT_FALSE(buffer.pop(frame, TimePoint{20ms}));
}

}  // namespace
}  // namespace parley::audio
