// Turn-taking §5 B1–B4 and §6: what is sent, and what of it was heard.
#include "assistant/playout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assistant/allocations_test.hpp"

namespace parley::assistant {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr MediaTime heard_delay = 60ms;

std::vector<std::int16_t> tone(MediaTime duration) {
  return std::vector<std::int16_t>(static_cast<std::size_t>(duration / 125us), std::int16_t{1000});
}

struct Player {
  Playout playout{audio::Rate::narrow, heard_delay};
  audio::Frame frame{audio::Rate::narrow};
  MediaTime now{};

  void sentence(std::uint64_t id, std::string text, MediaTime duration, std::uint64_t tag = 1) {
    playout.begin(id, std::move(text), tag);
    playout.append(id, tone(duration));
    playout.finish(id);
  }
  bool read() {
    const bool sounded = playout.read(frame, now);
    now += 20ms;
    return sounded;
  }
  void play(MediaTime duration) {
    for (const auto end = now + duration; now < end;) read();
  }
};

MATCHER_P2(HeardText, text, whole, "") { return arg.text == text && arg.whole == whole; }

TEST(Playout, PlaysSentencesInOrderAndThenFallsSilent) {
  Player player;
  player.sentence(1, "One.", 30ms);
  player.sentence(2, "Two.", 20ms);

  EXPECT_TRUE(player.read());
  EXPECT_TRUE(player.read());
  EXPECT_EQ(player.frame.samples()[159], 1000);
  EXPECT_TRUE(player.read());
  EXPECT_EQ(player.frame.samples()[159], 0);
  EXPECT_FALSE(player.read());
}

TEST(Playout, B1_PauseFadesWithinTheVeryNextFrame) {
  Player player;
  player.sentence(1, "A long sentence.", 1s);
  player.play(200ms);

  player.playout.pause(player.now);

  ASSERT_TRUE(player.read());
  EXPECT_EQ(player.frame.samples()[0], 1000);
  EXPECT_LT(player.frame.samples()[32], 600);
  EXPECT_EQ(player.frame.samples()[64], 0);  // 8 ms
  EXPECT_EQ(player.frame.samples()[159], 0);
  EXPECT_FALSE(player.read());
}

TEST(Playout, B3_ResumesAtThePausedSample) {
  Player player;
  player.playout.begin(1, "Counting.", 1);
  std::vector<std::int16_t> ramp(1600);
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<std::int16_t>(1000 + i);
  player.playout.append(1, ramp);
  player.playout.finish(1);
  player.play(40ms);

  player.playout.pause(player.now);
  player.play(1s);
  player.playout.resume(player.now);
  player.read();

  EXPECT_EQ(player.frame.samples()[159], 1000 + 320 + 159);
  EXPECT_EQ(player.frame.samples()[0], 0);  // fades in
}

TEST(Playout, B3_RestartsTheSentenceAfterThreeSeconds) {
  Player player;
  player.sentence(1, "First.", 100ms);
  player.sentence(2, "Second one.", 400ms);
  player.play(300ms);

  player.playout.pause(player.now);
  player.play(3100ms);
  player.playout.resume(player.now);

  EXPECT_EQ(player.playout.queued(), 400ms);
}

TEST(Playout, C1_WhatWasSentCountsAsHeardAfterTheDelay) {
  Player player;
  player.sentence(1, "Ten words.", 100ms);
  player.play(100ms);

  EXPECT_FALSE(player.playout.drained(player.now));
  EXPECT_TRUE(player.playout.drained(player.now + 60ms));
}

TEST(Playout, C1_FramesReadAheadOfRealTimeAreHeardInTheirTurn) {
  Player player;
  player.sentence(1, "one two three four five six seven eight nine ten", 1s);

  for (int i = 0; i < 50; ++i) player.playout.read(player.frame, 0ms);  // all at once

  EXPECT_THAT(player.playout.cancel(560ms), ElementsAre(HeardText("one two three four five", false)));
}

TEST(Playout, C2_WholeSentencesAreExactAndTheCutOneIsProportional) {
  Player player;
  player.sentence(1, "Hello there.", 500ms);
  player.sentence(2, "one two three four five six seven eight nine ten", 1s);
  player.play(1060ms);

  EXPECT_THAT(player.playout.cancel(player.now),
              ElementsAre(HeardText("Hello there.", true), HeardText("one two three four five", false)));
}

TEST(Playout, C3_CutsAtAWordRoundingDown) {
  EXPECT_EQ(heard_part("alpha beta gamma", 9, 16), "alpha");
  EXPECT_EQ(heard_part("alpha beta gamma", 10, 16), "alpha beta");
  EXPECT_EQ(heard_part("alpha beta gamma", 15, 16), "alpha beta");
  EXPECT_EQ(heard_part("alpha beta gamma", 16, 16), "alpha beta gamma");
  EXPECT_EQ(heard_part("alpha beta gamma", 3, 16), "");
  EXPECT_EQ(heard_part("für Grüße", 8, 9), "für");
  EXPECT_EQ(heard_part("", 1, 0), "");
}

TEST(Playout, C4_NothingHeardIsNothing) {
  Player player;
  player.sentence(1, "Hello there.", 500ms);
  player.play(60ms);

  EXPECT_THAT(player.playout.cancel(player.now), IsEmpty());
}

TEST(Playout, LeadingSilenceIsNotCredited) {
  Player player;
  player.playout.begin(1, "one two three four", 1);
  player.playout.append(1, std::vector<std::int16_t>(8000));
  player.playout.append(1, tone(1s));
  player.playout.finish(1);
  player.play(1s);

  EXPECT_THAT(player.playout.cancel(player.now), IsEmpty());
  EXPECT_EQ(player.playout.first_sent(), 0ms);
  EXPECT_EQ(player.playout.first_audible(), std::nullopt);
}

TEST(Playout, ASentenceWhoseLengthIsNotKnownYetIsCreditedByItsSyllables) {
  Player player;
  player.playout.begin(1, "ba ba ba ba ba ba ba ba", 1);  // 8 syllables: 2.1 s
  player.playout.append(1, tone(1100ms));
  player.play(1100ms);

  EXPECT_THAT(player.playout.cancel(player.now), ElementsAre(HeardText("ba ba ba ba", false)));
}

TEST(Playout, AFillerIsNeverCredited) {
  Player player;
  player.sentence(1, "One moment.", 200ms, 0);
  player.sentence(2, "Here it is.", 200ms, 1);
  player.play(600ms);

  EXPECT_THAT(player.playout.cancel(player.now), ElementsAre(HeardText("Here it is.", true)));
}

TEST(Playout, ADroppedFillerGivesWayToWhatFollows) {
  Player player;
  player.sentence(1, "One moment.", 2s, 0);
  player.sentence(2, "Here it is.", 200ms, 1);
  player.play(200ms);

  player.playout.pause(player.now);
  player.playout.drop_fillers();

  EXPECT_EQ(player.playout.queued(), 200ms);
}

TEST(Playout, AudioOfACancelledSentenceIsDropped) {
  Player player;
  player.sentence(1, "Old.", 1s);
  player.playout.cancel(player.now);

  player.playout.append(1, tone(1s));

  EXPECT_FALSE(player.read());
}

TEST(Playout, AVoiceThatNeverEndsIsCutAfterAMinute) {
  Player player;
  player.playout.begin(1, "Endless.", 1);

  for (int i = 0; i < 100; ++i) player.playout.append(1, tone(1s));

  EXPECT_EQ(player.playout.queued(), 60s);
}

TEST(Playout, ReadingAllocatesNothing) {
  Player player;
  player.sentence(1, "A long sentence.", 10s);
  player.play(20ms);

  const auto before = allocations();
  player.play(5s);
  player.playout.pause(player.now);
  player.play(1s);
  player.playout.resume(player.now);
  player.play(1s);

  EXPECT_EQ(allocations(), before);
}

}  // namespace
}  // namespace parley::assistant
