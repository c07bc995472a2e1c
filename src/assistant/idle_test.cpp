// Turn-taking §8: silence on both sides.
#include <gtest/gtest.h>

#include "assistant/filler.hpp"
#include "assistant/turn_room_test.hpp"

namespace parley::assistant {
namespace {

TEST(Idle, TwoPromptsThenTheGoodbye) {
  TurnRoom room;

  room.silent(46s);

  const auto prompts = room.all<TurnTaking::IdlePrompt>();
  ASSERT_EQ(prompts.size(), 2U);
  EXPECT_EQ(prompts[1].count, 2);
  EXPECT_EQ(room.count<TurnTaking::IdleGoodbye>(), 1U);
}

TEST(Idle, T12_TheClockDoesNotRunWhileTheAssistantSpeaks) {
  TurnRoom room;
  room.assistant_speaks(0ms);

  room.silent(60s);
  EXPECT_EQ(room.count<TurnTaking::IdlePrompt>(), 0U);
  room.assistant = {};
  room.silent(15s);
  EXPECT_EQ(room.count<TurnTaking::IdlePrompt>(), 0U);
  room.silent(40ms);

  EXPECT_EQ(room.count<TurnTaking::IdlePrompt>(), 1U);
}

TEST(Idle, T12_TheClockDoesNotRunWhileAToolWorks) {
  TurnRoom room;
  room.assistant.working = true;

  room.silent(60s);

  EXPECT_EQ(room.count<TurnTaking::IdlePrompt>(), 0U);
}

TEST(Idle, ActivityOfTheCallerCountsPromptsAnew) {
  TurnRoom room;

  room.silent(31s);
  room.turns.dtmf('1', room.now);
  room.silent(20s);

  EXPECT_EQ(room.count<TurnTaking::IdlePrompt>(), 3U);
  EXPECT_EQ(room.all<TurnTaking::IdlePrompt>().at(2).count, 1);
  EXPECT_EQ(room.count<TurnTaking::IdleGoodbye>(), 0U);
}

TEST(Idle, FiveMinutesWithoutAnythingAreDeadSilence) {
  TurnParameters parameters;
  parameters.idle.prompt_after = 0s;  // off
  TurnRoom room{parameters};

  room.nothing(301s);

  EXPECT_EQ(room.time_of<TurnTaking::DeadSilence>(), 300s);
  EXPECT_EQ(room.count<TurnTaking::DeadSilence>(), 1U);
}

TEST(Filler, ComesAfterOneAndAHalfSecondsThenEverySixAtMostThreeTimes) {
  Filler filler{{}};
  std::vector<MediaTime> said;

  for (MediaTime now{}; now < 60s; now += 20ms)
    if (filler.advance(true, now)) said.push_back(now);

  EXPECT_THAT(said, testing::ElementsAre(1500ms, 7500ms, 13500ms));
}

TEST(Filler, SoundOfEitherSideStartsTheWaitAnew) {
  Filler filler{{}};

  EXPECT_FALSE(filler.advance(true, 0ms));
  EXPECT_FALSE(filler.advance(false, 1400ms));
  EXPECT_FALSE(filler.advance(true, 1500ms));
  EXPECT_FALSE(filler.advance(true, 2900ms));
  EXPECT_TRUE(filler.advance(true, 3000ms));
}

}  // namespace
}  // namespace parley::assistant
