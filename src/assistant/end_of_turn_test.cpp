// Turn-taking §2 and §3: what starts a turn, and when it is over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assistant/turn_room_test.hpp"

namespace parley::assistant {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SpeechDetector, ReportsTheAcousticEndNotTheTimeItNoticed) {
  TurnRoom room;

  room.silent(1s);
  room.speak(600ms);
  room.silent(400ms);

  const auto ends = room.all<TurnTaking::EndUtterance>();
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_EQ(ends[0].t_end, 1600ms);
  EXPECT_EQ(room.time_of<TurnTaking::EndUtterance>(), 1800ms);
}

TEST(SpeechDetector, ACoughStartsNoTurn) {
  TurnRoom room;

  room.silent(1s);
  room.speak(160ms);
  room.silent(8s);

  EXPECT_THAT(room.log, IsEmpty());
}

TEST(SpeechDetector, AShortGapDoesNotEndSpeech) {
  TurnRoom room;

  room.speak(400ms);
  room.silent(180ms);
  room.speak(400ms);

  EXPECT_EQ(room.count<TurnTaking::EndUtterance>(), 0U);
  EXPECT_EQ(room.count<TurnTaking::CallerStarted>(), 1U);
}

TEST(SpeechDetector, RecognitionBeginsHalfASecondBeforeTheDetection) {
  TurnRoom room;

  room.silent(2s);
  room.speak(400ms);

  const auto begins = room.all<TurnTaking::BeginUtterance>();
  ASSERT_EQ(begins.size(), 1U);
  EXPECT_EQ(begins[0].started, 1500ms);
}

TEST(SpeechDetector, FramesBelowTheLevelGateAreNotSpeech) {
  TurnParameters parameters;
  parameters.detection.level_gate_dbov = -10;
  TurnRoom room{parameters};

  room.speak(2s);

  EXPECT_THAT(room.log, IsEmpty());
}

TEST(TurnTaking, T11_AMutedMicrophoneDoesNotLeaveTheTurnOpen) {
  TurnRoom room;

  room.speak(1s);
  room.interim("I would like");
  room.nothing(3s);

  EXPECT_EQ(room.all<TurnTaking::EndUtterance>().at(0).t_end, 1s);
  EXPECT_THAT(room.committed(), ElementsAre("I would like"));
  EXPECT_FALSE(room.turns.turn_open());
}

TEST(TurnTaking, E1_T1_WaitsOverlapAndTheLatestOfThemEndsTheTurn) {
  TurnRoom room;
  room.at(1400ms, [&] { room.final("what time is it"); });

  room.speak(1s);
  room.silent(2s);

  const auto turns = room.all<TurnTaking::CommitTurn>();
  ASSERT_EQ(turns.size(), 1U);
  EXPECT_EQ(turns[0].t_end, 1s);
  EXPECT_EQ(turns[0].reason, EndReason::silence);
  EXPECT_EQ(turns[0].stt_final, 1400ms);
  EXPECT_EQ(room.time_of<TurnTaking::CommitTurn>(), 1600ms);
}

TEST(TurnTaking, E2_AFinalEndsTheSttWaitAtOnce) {
  TurnRoom room;
  room.at(1840ms, [&] { room.final("what time is it"); });

  room.speak(1s);
  room.silent(2s);

  EXPECT_EQ(room.time_of<TurnTaking::CommitTurn>(), 1840ms);
  EXPECT_EQ(room.all<TurnTaking::CommitTurn>().at(0).reason, EndReason::stt);
}

TEST(TurnTaking, E2_AnInterimAfterAFinalCancelsItsMark) {
  TurnRoom room;
  room.at(1300ms, [&] { room.final("book a table"); });
  room.at(1400ms, [&] { room.interim("book a table for"); });
  room.at(1900ms, [&] { room.final("book a table for four"); });

  room.speak(1s);
  room.silent(2s);

  EXPECT_THAT(room.committed(), ElementsAre("book a table for four"));
  EXPECT_EQ(room.time_of<TurnTaking::CommitTurn>(), 1900ms);
}

TEST(TurnTaking, E3_T2_AFinalAfterTheWaitRanOutCommitsAtOnce) {
  TurnRoom room;
  room.at(3200ms, [&] { room.final("hello"); });

  room.speak(1s);
  room.silent(4s);

  EXPECT_THAT(room.committed(), ElementsAre("hello"));
  EXPECT_EQ(room.time_of<TurnTaking::CommitTurn>(), 3200ms);
}

TEST(TurnTaking, E3_WhatIsRecognisedWhenTheWaitRunsOutIsCommitted) {
  TurnRoom room;
  room.at(900ms, [&] { room.interim("call me back"); });

  room.speak(1s);
  room.silent(3s);

  EXPECT_THAT(room.committed(), ElementsAre("call me back"));
  EXPECT_EQ(room.time_of<TurnTaking::CommitTurn>(), 2s);
  EXPECT_EQ(room.all<TurnTaking::CommitTurn>().at(0).reason, EndReason::stt_missed);
}

TEST(TurnTaking, E3_AFinalThatCorrectsACommittedInterimReplacesTheTurn) {
  TurnRoom room;
  room.at(900ms, [&] { room.interim("book a table"); });
  room.at(2200ms, [&] { room.final("Book a table for four."); });

  room.speak(1s);
  room.silent(1100ms);
  room.assistant = {.replying = true};
  room.silent(1s);

  EXPECT_THAT(room.committed(), ElementsAre("book a table", "Book a table for four."));
  EXPECT_TRUE(room.all<TurnTaking::CommitTurn>().at(1).continues);
  EXPECT_TRUE(room.all<TurnTaking::CommitBargeIn>().at(0).same_turn);
}

TEST(TurnTaking, E4_SpeechThatResumesBeforeCommitKeepsTheTurnOpenAndJoinsTheText) {
  TurnRoom room;
  room.at(1300ms, [&] { room.final("my number is"); });
  room.at(2500ms, [&] { room.final("five five five"); });

  room.speak(1s);
  room.silent(400ms);
  room.speak(800ms);
  room.silent(2s);

  EXPECT_THAT(room.committed(), ElementsAre("my number is five five five"));
  EXPECT_EQ(room.all<TurnTaking::CommitTurn>().at(0).t_end, 2200ms);
}

TEST(TurnTaking, E4_AnUtteranceWithoutItsFinalIsTakenUpAgain) {
  TurnRoom room;

  room.speak(1s);
  room.silent(400ms);
  room.speak(800ms);
  room.silent(300ms);
  room.final("my number is five");
  room.silent(1s);

  EXPECT_EQ(room.count<TurnTaking::BeginUtterance>(), 1U);
  EXPECT_EQ(room.count<TurnTaking::ResumeUtterance>(), 1U);
  EXPECT_THAT(room.committed(), ElementsAre("my number is five"));
}

TEST(TurnTaking, E5_SpeechBeforeAnyAudioWasHeardIsTheSameTurn) {
  TurnRoom room;
  room.at(1200ms, [&] { room.final("book a table"); });
  room.at(2700ms, [&] { room.final("for tomorrow"); });

  room.speak(1s);
  room.silent(700ms);
  room.assistant = {.replying = true};  // thinks
  room.speak(800ms);
  room.silent(2s);

  EXPECT_THAT(room.committed(), ElementsAre("book a table", "book a table for tomorrow"));
  EXPECT_TRUE(room.all<TurnTaking::CommitBargeIn>().at(0).same_turn);
  EXPECT_TRUE(room.all<TurnTaking::CommitTurn>().at(1).continues);
}

TEST(TurnTaking, E5_SpeechAfterAudioWasHeardIsATurnOfItsOwn) {
  TurnRoom room;
  room.at(1200ms, [&] { room.final("book a table"); });
  room.at(4200ms, [&] { room.final("for tomorrow"); });

  room.speak(1s);
  room.silent(1s);
  room.assistant_speaks(room.now);
  room.silent(1s);
  room.speak(800ms);
  room.silent(2s);

  EXPECT_FALSE(room.all<TurnTaking::CommitBargeIn>().at(0).same_turn);
  EXPECT_THAT(room.committed(), ElementsAre("book a table", "for tomorrow"));
}

TEST(TurnTaking, E6_RealSpeechWithoutATranscriptIsReportedAfterFiveSeconds) {
  TurnRoom room;

  room.speak(700ms);
  room.silent(6s);

  EXPECT_EQ(room.time_of<TurnTaking::SpeechNotUnderstood>(), 5700ms);
}

TEST(TurnTaking, E6_ShorterBlipsAreIgnored) {
  TurnRoom room;

  room.speak(400ms);
  room.silent(6s);

  EXPECT_EQ(room.count<TurnTaking::SpeechNotUnderstood>(), 0U);
  EXPECT_FALSE(room.turns.turn_open());
}

TEST(TurnTaking, T17_AnEmptyTranscriptAfterRealSpeechIsReportedWithoutDelay) {
  TurnRoom room;
  room.at(1200ms, [&] { room.final(""); });

  room.speak(1s);
  room.silent(2s);

  EXPECT_EQ(room.time_of<TurnTaking::SpeechNotUnderstood>(), 1600ms);
}

TEST(TurnTaking, ATranscriptWithoutDetectedSpeechOpensATurn) {
  TurnRoom room;
  room.at(1s, [&] { room.turns.transcript({.utterance = 0, .text = "I speak", .final = false}, room.now); });
  room.at(1500ms, [&] {
    room.turns.transcript({.utterance = 0, .text = "I speak softly", .final = true, .ended = room.now}, room.now);
  });

  room.silent(4s);

  EXPECT_THAT(room.committed(), ElementsAre("I speak softly"));
  EXPECT_EQ(room.time_of<TurnTaking::CommitTurn>(), 2100ms);
}

TEST(TurnTaking, AFailedRecogniserEndsItsWait) {
  TurnRoom room;
  room.at(900ms, [&] { room.interim("hello there"); });
  room.at(1100ms, [&] { room.turns.stt_failed(room.now); });

  room.speak(1s);
  room.silent(1s);

  EXPECT_EQ(room.time_of<TurnTaking::CommitTurn>(), 1600ms);
}

TEST(TurnTaking, AnEndlessUtteranceIsCutAndItsPartsAreJoined) {
  TurnRoom room;

  room.speak(31s);
  room.turns.transcript({.utterance = 1, .text = "first part", .final = true}, room.now);
  room.silent(300ms);
  room.final("second part");
  room.silent(1s);

  EXPECT_EQ(room.count<TurnTaking::BeginUtterance>(), 2U);
  EXPECT_THAT(room.committed(), ElementsAre("first part second part"));
}

TEST(TurnTaking, T16_ATranscriptOfACommittedTurnDoesNotOpenANewOne) {
  TurnRoom room;
  room.at(1200ms, [&] { room.final("hello"); });
  room.at(3s, [&] { room.turns.transcript({.utterance = 1, .text = "hello", .final = true}, room.now); });

  room.speak(1s);
  room.silent(5s);

  EXPECT_THAT(room.committed(), ElementsAre("hello"));
}

TEST(TurnTaking, E8_HashEndsTheDigits) {
  TurnRoom room;

  for (const char digit : {'4', '2', '#'}) room.turns.dtmf(digit, room.now);
  room.silent(20ms);

  EXPECT_THAT(room.committed(), ElementsAre("42"));
  EXPECT_EQ(room.all<TurnTaking::CommitTurn>().at(0).reason, EndReason::dtmf);
}

TEST(TurnTaking, E8_TwoSecondsWithoutADigitEndThem) {
  TurnRoom room;

  room.turns.dtmf('4', room.now);
  room.silent(1500ms);
  room.turns.dtmf('2', room.now);
  room.silent(3s);

  EXPECT_THAT(room.committed(), ElementsAre("42"));
  EXPECT_EQ(room.time_of<TurnTaking::CommitTurn>(), 3500ms);
}

TEST(TurnTaking, E8_AFixedCountIsCompleteAtOnceAndWaitsFourSecondsPerDigit) {
  TurnParameters parameters;
  parameters.dtmf.count = 2;
  TurnRoom room{parameters};

  room.turns.dtmf('1', room.now);
  room.silent(3s);
  room.turns.dtmf('2', room.now);
  room.turns.dtmf('9', room.now);
  room.silent(5s);

  EXPECT_THAT(room.committed(), ElementsAre("12", "9"));
  EXPECT_EQ(room.time_of<TurnTaking::CommitTurn>(), 3020ms);
}

TEST(TurnTaking, EveryCommittedTurnRaisesTheEpoch) {
  TurnRoom room;

  room.turns.input("one", room.now);
  room.turns.input("two", room.now);
  room.silent(20ms);

  EXPECT_EQ(room.all<TurnTaking::CommitTurn>().at(0).epoch, 1U);
  EXPECT_EQ(room.all<TurnTaking::CommitTurn>().at(1).epoch, 2U);
}

}  // namespace
}  // namespace parley::assistant
