// Turn-taking §5: the caller speaks while the assistant does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assistant/turn_room_test.hpp"

namespace parley::assistant {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// The assistant has been speaking for three seconds, with ten to go.
struct Speaking : TurnRoom {
  explicit Speaking(TurnParameters parameters = {}) : TurnRoom{std::move(parameters)} {
    assistant_speaks(0ms, 10s);
    silent(3s);
  }
};

TEST(BargeIn, B1_PausesInTheTickThatReachesThreeTenthsOfASecond) {
  Speaking room;

  room.speak(600ms);

  EXPECT_EQ(room.time_of<TurnTaking::Pause>(), 3300ms);
}

TEST(BargeIn, B1_ShorterSpeechDoesNotPause) {
  Speaking room;

  room.speak(280ms);
  room.silent(2s);

  EXPECT_EQ(room.count<TurnTaking::Pause>(), 0U);
}

TEST(BargeIn, CommitsWithTheFirstWord) {
  Speaking room;
  room.at(3400ms, [&] { room.interim("actually"); });

  room.speak(600ms);

  EXPECT_EQ(room.time_of<TurnTaking::CommitBargeIn>(), 3400ms);
  EXPECT_FALSE(room.all<TurnTaking::CommitBargeIn>().at(0).same_turn);
}

TEST(BargeIn, ANoisyLineNeedsTwoWordsOrHalfASecondWithOne) {
  TurnParameters parameters;
  parameters.barge_in.words_to_commit = 2;
  Speaking room{parameters};
  room.at(3320ms, [&] { room.interim("actually"); });

  room.speak(480ms);
  EXPECT_EQ(room.count<TurnTaking::CommitBargeIn>(), 0U);
  room.speak(40ms);

  EXPECT_EQ(room.count<TurnTaking::CommitBargeIn>(), 1U);
}

TEST(BargeIn, WithZeroWordsTheDurationAloneCommits) {
  TurnParameters parameters;
  parameters.barge_in.words_to_commit = 0;
  Speaking room{parameters};

  room.speak(600ms);

  EXPECT_EQ(room.time_of<TurnTaking::CommitBargeIn>(), 3500ms);
}

TEST(BargeIn, AStopWordCommitsWhateverTheCounts) {
  TurnParameters parameters;
  parameters.barge_in.words_to_commit = 3;
  Speaking room{parameters};
  room.at(3260ms, [&] { room.interim("Stop!"); });

  room.speak(280ms);

  EXPECT_EQ(room.count<TurnTaking::CommitBargeIn>(), 1U);
}

TEST(BargeIn, B3_AnAcknowledgementResumesAtOnceAndIsNoTurn) {
  Speaking room;
  room.at(3700ms, [&] { room.final("Uh huh."); });

  room.speak(400ms);
  room.silent(2s);

  EXPECT_EQ(room.time_of<TurnTaking::Resume>(), 3700ms);
  EXPECT_THAT(room.committed(), IsEmpty());
  EXPECT_EQ(room.all<TurnTaking::Acknowledged>().at(0).text, "Uh huh.");
}

TEST(BargeIn, AnAcknowledgementThatGoesOnIsATurn) {
  Speaking room;
  room.at(3700ms, [&] { room.final("ok"); });
  room.at(4300ms, [&] { room.final("but tomorrow"); });

  room.speak(400ms);
  room.silent(400ms);
  room.speak(400ms);
  room.silent(2s);

  EXPECT_EQ(room.count<TurnTaking::CommitBargeIn>(), 1U);
  EXPECT_THAT(room.committed(), ElementsAre("ok but tomorrow"));
}

TEST(BargeIn, T5_OkNearTheStartOfSpeechIsAnAnswer) {
  TurnRoom room;
  room.assistant_speaks(0ms, 10s);
  room.silent(800ms);
  room.at(1400ms, [&] { room.final("ok"); });

  room.speak(400ms);
  room.silent(2s);

  EXPECT_THAT(room.committed(), ElementsAre("ok"));
}

TEST(BargeIn, T5_OkNearTheEndOfSpeechIsAnAnswer) {
  TurnRoom room;
  room.assistant_speaks(0ms, 600ms);
  room.silent(3s);
  room.at(3600ms, [&] { room.final("ok"); });

  room.speak(400ms);
  room.silent(2s);

  EXPECT_THAT(room.committed(), ElementsAre("ok"));
}

TEST(BargeIn, T5_ABareYesCountsWhileTheAssistantIsSilent) {
  TurnRoom room;
  room.at(800ms, [&] { room.final("Yes."); });

  room.speak(400ms);
  room.silent(2s);

  EXPECT_THAT(room.committed(), ElementsAre("Yes."));
}

TEST(BargeIn, T4_ACoughPausesAndTheAssistantGoesOnAfterASecond) {
  Speaking room;

  room.speak(400ms);
  room.silent(2s);

  EXPECT_EQ(room.count<TurnTaking::Pause>(), 1U);
  EXPECT_EQ(room.time_of<TurnTaking::Resume>(), 4400ms);
  EXPECT_EQ(room.count<TurnTaking::CommitBargeIn>(), 0U);
}

TEST(BargeIn, AnEmptyFinalResumesAtOnce) {
  Speaking room;
  room.at(3700ms, [&] { room.final(""); });

  room.speak(400ms);
  room.silent(2s);

  EXPECT_EQ(room.time_of<TurnTaking::Resume>(), 3700ms);
  EXPECT_EQ(room.count<TurnTaking::SpeechNotUnderstood>(), 0U);
}

TEST(BargeIn, T4_EndlessNoiseDoesNotHoldTheAssistantForEver) {
  Speaking room;

  room.speak(20s);

  EXPECT_EQ(room.time_of<TurnTaking::Resume>(), 8300ms);
  EXPECT_EQ(room.count<TurnTaking::Pause>(), 1U);
}

TEST(BargeIn, T6_TheReplyDoesNotResumeOnceTheCallerTookTheTurn) {
  Speaking room;
  room.at(3900ms, [&] { room.final("what about tomorrow"); });

  room.speak(500ms);
  room.silent(5s);

  EXPECT_EQ(room.count<TurnTaking::Resume>(), 0U);
  EXPECT_THAT(room.committed(), ElementsAre("what about tomorrow"));
}

TEST(BargeIn, T6_ALateFinalAfterTheResumeStillTakesTheTurn) {
  Speaking room;
  room.at(5500ms, [&] { room.final("what about tomorrow"); });

  room.speak(500ms);
  room.silent(4s);

  EXPECT_EQ(room.time_of<TurnTaking::Resume>(), 4500ms);
  EXPECT_EQ(room.time_of<TurnTaking::CommitBargeIn>(), 5500ms);
  EXPECT_THAT(room.committed(), ElementsAre("what about tomorrow"));
}

TEST(BargeIn, B2_TheFloorIsTakenBeforeTheTurnIsCommitted) {
  Speaking room;
  room.at(3900ms, [&] { room.final("what about tomorrow"); });

  room.speak(500ms);
  room.silent(2s);

  EXPECT_LT(*room.time_of<TurnTaking::CommitBargeIn>(), *room.time_of<TurnTaking::CommitTurn>());
  EXPECT_LT(room.all<TurnTaking::CommitBargeIn>().at(0).epoch, room.all<TurnTaking::CommitTurn>().at(0).epoch);
}

TEST(BargeIn, SpeechWithinTheLeadingSilenceCannotBeAReply) {
  TurnRoom room;
  room.at(1200ms, [&] { room.final("book a table"); });
  room.at(2400ms, [&] { room.interim("for two"); });

  room.speak(1s);
  room.silent(800ms);
  room.assistant_speaks(room.now);  // 1.8 s
  room.silent(200ms);
  room.speak(600ms);  // begins 0.2 s after the first audio

  EXPECT_TRUE(room.all<TurnTaking::CommitBargeIn>().at(0).same_turn);
}

TEST(BargeIn, WhileNothingIsAudibleTheReplyIsHeldAsSoonAsSpeechIsCertain) {
  TurnRoom room;
  room.assistant = {.replying = true};
  room.silent(1s);

  room.speak(400ms);

  EXPECT_EQ(room.time_of<TurnTaking::Pause>(), 1200ms);
}

TEST(BargeIn, B4_AHeldReplyThatWasNeverAudibleIsReleasedByAFalseAlarm) {
  TurnRoom room;
  room.assistant = {.replying = true};
  room.silent(1s);

  room.speak(300ms);
  room.silent(2s);

  EXPECT_EQ(room.time_of<TurnTaking::Resume>(), 2300ms);
}

TEST(BargeIn, B5_B6_UninterruptibleSpeechHoldsTheTurnUntilItsEnd) {
  TurnRoom room;
  room.assistant_speaks(0ms, 10s);
  room.assistant.interruptible = false;
  room.silent(2s);
  room.at(3s, [&] { room.final("hello"); });

  room.speak(600ms);
  room.silent(3s);
  EXPECT_THAT(room.log,
              testing::Not(testing::Contains(testing::Field(&std::pair<MediaTime, TurnTaking::Output>::second,
                                                            testing::VariantWith<TurnTaking::Pause>(testing::_)))));
  EXPECT_THAT(room.committed(), IsEmpty());
  room.assistant = {};
  room.silent(20ms);

  EXPECT_THAT(room.committed(), ElementsAre("hello"));
}

TEST(BargeIn, B8_ADigitTakesTheFloorLikeAStopWord) {
  Speaking room;

  room.turns.dtmf('5', room.now);
  room.silent(20ms);

  EXPECT_EQ(room.count<TurnTaking::CommitBargeIn>(), 1U);
}

TEST(BargeIn, TextGivenByTheApiTakesTheFloor) {
  Speaking room;

  room.turns.input("what time is it", room.now);
  room.silent(20ms);

  EXPECT_EQ(room.count<TurnTaking::CommitBargeIn>(), 1U);
  EXPECT_THAT(room.committed(), ElementsAre("what time is it"));
}

TEST(Phrases, AreComparedWithoutCaseAndPunctuation) {
  EXPECT_THAT(words_of("Don't stop -- me, NOW!"), ElementsAre("don't", "stop", "me", "now"));
  EXPECT_EQ(folded(" Hold,  on. "), "hold on");
  EXPECT_TRUE(PhraseSet{{"hold on"}}.contained_in(words_of("please Hold on")));
  EXPECT_FALSE(PhraseSet{{"hold on"}}.contained_in(words_of("hold it on")));
  EXPECT_EQ((PhraseSet{{"uh", "uh huh"}}.words_beside(words_of("uh huh, right"))), 1U);
}

}  // namespace
}  // namespace parley::assistant
