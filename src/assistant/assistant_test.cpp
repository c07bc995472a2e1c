// The parts together, by the rules of turn-taking.
#include "assistant/assistant.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assistant/allocations_test.hpp"
#include "assistant/assistant_room_test.hpp"

namespace parley::assistant {
namespace {

using speech::Message;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto caller = call::Speaker::caller;
constexpr auto spoken = call::Speaker::assistant;

TEST(Assistant, GreetsAndTellsTheModelThatItDid) {
  Room room;
  room.config.greeting = "Hello. How can I help you?";
  room.answer();

  room.silent(4s);

  EXPECT_THAT(room.tts->asked, ElementsAre("Hello.", "How can I help you?"));
  EXPECT_THAT(room.said(spoken), ElementsAre("Hello. How can I help you?"));
  EXPECT_THAT(room.events("assistant.speech_started"), SizeIs(1));
  EXPECT_EQ(room.messages().at(0).text, "Hello. How can I help you?");
}

TEST(Assistant, AnswersATurnAndRecordsItWithItsTimings) {
  Room room;
  room.stt->texts = {"What time is it?"};
  room.stt->delay = 240ms;
  room.llm->answers = {{"It is noon."}};
  room.answer();

  room.silent(1s);
  room.speak(1s);
  room.silent(4s);

  EXPECT_THAT(room.said(caller), ElementsAre("What time is it?"));
  EXPECT_THAT(room.said(spoken), ElementsAre("It is noon."));
  EXPECT_THAT(room.events("caller.transcript"), ElementsAre(R"({"final":true,"text":"What time is it?"})"));
  EXPECT_THAT(room.events("assistant.speech_stopped"),
              ElementsAre(R"({"heard_text":"It is noon.","interrupted":false})"));
  const auto& timings = room.call.turns.at(1).timings_ms;
  EXPECT_EQ(timings.at("stt_final_ms"), 240);
  EXPECT_EQ(timings.at("llm_first_token_ms"), 200);
  EXPECT_EQ(timings.at("tts_first_audio_ms"), 100);
  EXPECT_EQ(timings.at("response_ms"), 900);  // 600 + 200 + 100
  EXPECT_LE(timings.at("own_share_ms"), 20);
}

TEST(Assistant, RecognitionGetsTheAudioFromBeforeTheDetection) {
  Room room;
  room.answer();

  room.silent(2s);
  room.speak(400ms);

  EXPECT_EQ(room.stt->frames, 45U);  // 0.5 s before and 0.4 s of speech
}

TEST(Assistant, B1_SpeechStopsWithTheFrameOfTheTickThatPauses) {
  Room room;
  room.llm->answers = {{"This is a long answer that goes on and on for quite a few seconds."}};
  room.answer();
  room.assistant->input("tell me");
  room.silent(2s);

  const auto began = room.schedule.now;
  room.speak(400ms);

  // The fifteenth frame of speech comes 280 ms after the first: that tick's packet fades out.
  EXPECT_TRUE(room.sounds_within(began + 280ms, began + 300ms));
  EXPECT_FALSE(room.sounds_within(began + 300ms, began + 420ms));
}

TEST(Assistant, T4_ACoughOnlyPausesTheReply) {
  Room room;
  room.llm->answers = {{"This is a long answer that goes on and on."}};
  room.answer();
  room.assistant->input("tell me");
  room.silent(2s);

  room.speak(400ms);
  room.silent(6s);

  EXPECT_THAT(room.said(spoken), ElementsAre("This is a long answer that goes on and on."));
  EXPECT_FALSE(room.call.turns.back().interrupted);
  EXPECT_THAT(room.llm->requests, SizeIs(1));
}

TEST(Assistant, B2_T7_TheModelLearnsOnlyWhatWasHeard) {
  Room room;
  room.stt->texts = {"what about tomorrow"};
  room.llm->answers = {{"First sentence here. Then a second one that nobody will ever hear in full."}};
  room.answer();
  room.assistant->input("tell me");
  room.silent(2s);  // audio from 0.3 s on: 1 s for the first sentence

  room.speak(600ms);
  room.silent(3s);

  ASSERT_THAT(room.llm->requests, SizeIs(2));
  const auto& history = room.llm->requests[1].messages;
  ASSERT_THAT(history, SizeIs(3));
  EXPECT_EQ(history[1].role, Message::Role::assistant);
  EXPECT_TRUE(history[1].interrupted);
  EXPECT_EQ(history[1].text, "First sentence here. Then a second one");
  EXPECT_EQ(history[2].text, "what about tomorrow");
  EXPECT_EQ(room.call.turns.at(1).heard_text, history[1].text);  // C6
  EXPECT_TRUE(room.call.turns.at(1).interrupted);
}

TEST(Assistant, E5_SpeechBeforeAWordWasHeardJoinsTheTurnAndStoresNoReply) {
  Room room;
  room.stt->texts = {"book a table", "for tomorrow"};
  room.llm->delay = 2s;
  room.answer();

  room.speak(1s);
  room.silent(700ms);
  room.speak(800ms);
  room.silent(6s);

  ASSERT_THAT(room.llm->requests, SizeIs(2));
  ASSERT_THAT(room.llm->requests[1].messages, SizeIs(1));
  EXPECT_EQ(room.llm->requests[1].messages[0].text, "book a table for tomorrow");
  EXPECT_THAT(room.said(caller), ElementsAre("book a table for tomorrow"));
  EXPECT_THAT(room.said(spoken), ElementsAre("Fine."));
}

TEST(Assistant, T18_LineNoiseInTheFirstSecondDoesNotCutTheGreeting) {
  Room room;
  room.config.greeting = "Good morning, this is Parley.";
  room.answer();

  room.silent(100ms);
  room.speak(700ms);
  room.silent(4s);

  EXPECT_THAT(room.said(spoken), ElementsAre("Good morning, this is Parley."));
  EXPECT_EQ(room.sounded.back() - room.sounded.front(), 1440ms);  // 29 characters, in one go
}

TEST(Assistant, T8_B7_AToolWithSideEffectsRunsOnceAndItsResultOutlivesTheBargeIn) {
  Room room;
  auto tool = std::make_shared<FakeTool>(room.schedule, "book", 3s, true);
  room.config.tools = {tool};
  room.stt->texts = {"for four people"};
  room.llm->answers = {{"", {{"1", "book", "{}"}}}, {"", {{"1", "book", "{}"}}}, {"It is booked."}};
  room.answer();
  room.assistant->input("book a table");
  room.silent(1s);

  room.speak(600ms);
  room.silent(6s);

  EXPECT_THAT(tool->runs, SizeIs(1));
  ASSERT_THAT(room.llm->requests, SizeIs(3));
  const auto& history = room.llm->requests[2].messages;
  EXPECT_EQ(history[0].text, "book a table for four people");
  EXPECT_THAT(room.messages()[2].text, HasSubstr("42"));
  EXPECT_THAT(history[4].text, HasSubstr("already running"));
}

TEST(Assistant, T12_TheIdleClockWaitsForTheToolAndTheAnswer) {
  Room room;
  room.config.turns.idle.prompt_after = 3s;
  room.config.tools = {std::make_shared<FakeTool>(room.schedule, "look_up", 8s)};
  room.llm->answers = {{"", {{"1", "look_up", "{}"}}}, {"Found it."}};
  room.answer();
  room.assistant->input("look it up");

  room.silent(8s);
  EXPECT_THAT(room.said(spoken), IsEmpty());
  room.silent(6s);

  EXPECT_THAT(room.said(spoken), ElementsAre("Found it.", "Are you still there?"));
}

TEST(Assistant, T13_TheGoodbyeIsHeardBeforeTheHangUp) {
  Room room;
  room.llm->answers = {{"", {{"1", "end_call", "{}"}}}, {"Goodbye then."}};
  room.answer();
  room.assistant->input("bye");

  room.silent(5s);

  ASSERT_TRUE(room.call.ended);
  EXPECT_EQ(room.call.end_cause, call::EndCause::assistant_hangup);
  EXPECT_GE(*room.call.ended - room.sounded.back(), 60ms);
  EXPECT_THAT(room.said(spoken), ElementsAre("Goodbye then."));
}

TEST(Assistant, AnIdleCallerIsPromptedTwiceAndThenTheCallEnds) {
  Room room;
  room.config.turns.idle.prompt_after = 15s;
  room.answer();

  room.silent(60s);

  EXPECT_THAT(room.said(spoken), ElementsAre(room.config.phrases.still_there, room.config.phrases.still_there,
                                             room.config.phrases.goodbye));
  ASSERT_TRUE(room.call.ended);
  EXPECT_EQ(room.call.end_cause, call::EndCause::idle);
  EXPECT_GE(*room.call.ended - room.sounded.back(), 60ms);
}

TEST(Assistant, T14_ASentenceWithoutAudioForThreeSecondsIsGivenUp) {
  Room room;
  room.llm->answers = {{"This one stalls. This one is spoken."}};
  room.tts->stalls_on = "This one stalls.";
  room.answer();
  room.assistant->input("go");

  room.silent(3s);
  EXPECT_THAT(room.sounded, IsEmpty());
  room.silent(4s);

  EXPECT_THAT(room.sounded, testing::Not(IsEmpty()));
  EXPECT_THAT(room.events("provider.failed"), SizeIs(1));
  EXPECT_EQ(room.call.turns.back().heard_text, "This one is spoken.");
}

TEST(Assistant, T17_UnintelligibleSpeechIsAskedForAgain) {
  Room room;
  room.answer();

  room.speak(1s);
  room.silent(4s);

  EXPECT_THAT(room.said(spoken), ElementsAre(room.config.phrases.not_understood));
  EXPECT_THAT(room.messages(), IsEmpty());
}

TEST(Assistant, AFailedModelIsApologisedFor) {
  Room room;
  room.llm->answers = {{.fails = true}};
  room.answer();
  room.assistant->input("hello");

  room.silent(6s);

  EXPECT_THAT(room.said(spoken), ElementsAre(room.config.phrases.apology));
  EXPECT_THAT(room.events("provider.failed"), Contains(HasSubstr("broken")));
}

TEST(Assistant, ASilentModelIsGivenUpAndApologisedFor) {
  Room room;
  room.llm->delay = 60s;
  room.config.filler.count = 0;
  room.answer();
  room.assistant->input("hello");

  room.silent(20s);

  EXPECT_THAT(room.said(spoken), ElementsAre(room.config.phrases.apology));
}

TEST(Assistant, FillersBridgeASlowModelAndStayOutOfTheContext) {
  Room room;
  room.llm->delay = 5s;
  room.answer();
  room.assistant->input("think hard");

  room.silent(8s);

  EXPECT_THAT(room.tts->asked, ElementsAre("One moment.", "Fine."));
  EXPECT_THAT(room.said(spoken), ElementsAre("Fine."));
  EXPECT_THAT(room.messages(), SizeIs(2));
}

TEST(Assistant, S7_TheVoiceIsFedAboutFiveSecondsAhead) {
  Room room;
  std::string text;
  for (int i = 0; i < 40; ++i) text += "A sentence of forty characters is here. ";
  room.llm->answers = {{text}};
  room.answer();
  room.assistant->input("read to me");

  room.silent(3s);

  EXPECT_LE(room.tts->asked.size(), 8U);
}

TEST(Assistant, WithoutRecognitionItSaysSoAndWorksByKeys) {
  Room room;
  room.stt->available = false;
  room.config.greeting = "Hello.";
  room.answer();
  room.silent(12s);

  room.assistant->on_dtmf('1');
  room.silent(3s);

  EXPECT_THAT(room.said(spoken).at(0), HasSubstr("Press 1"));
  ASSERT_THAT(room.llm->requests, SizeIs(1));
  EXPECT_EQ(room.llm->requests[0].messages.back().text, "What time is it?");
}

TEST(Assistant, ARecogniserThatFailsIsOpenedAgain) {
  Room room;
  room.stt->texts = {"hello"};
  room.answer();
  room.silent(1s);

  room.stt->sink->on_stt_failed("gone");
  room.silent(100ms);
  room.speak(1s);
  room.silent(3s);

  EXPECT_EQ(room.stt->opened, 2U);
  EXPECT_THAT(room.said(caller), ElementsAre("hello"));
}

TEST(Assistant, SaysWhatTheApiAsksForInOrderOrAtOnce) {
  Room room;
  room.answer();
  room.assistant->say("The first announcement is fairly long.", false);
  room.assistant->say("The second.", false);
  room.silent(500ms);

  room.assistant->say("Urgent!", true);
  room.silent(4s);

  EXPECT_THAT(room.said(spoken), ElementsAre("The first announcement is fairly long.", "Urgent!", "The second."));
  EXPECT_TRUE(room.call.turns.at(0).interrupted);
}

TEST(Assistant, ATransferWithoutAgentsFailsAndTheModelIsTold) {
  Room room;
  room.config.transfer_targets = {"2001"};
  room.call.transfer_outcome = call::TransferBegun{.id = "t", .failed = call::TransferCause::no_agent};
  room.llm->answers = {{"", {{"1", "transfer", R"({"to":"2001"})"}}}, {"Shall I take a note?"}};
  room.answer();
  room.assistant->input("a human please");

  room.silent(4s);

  ASSERT_THAT(room.call.transfers, SizeIs(1));
  EXPECT_EQ(room.call.transfers.front().to, "2001");
  EXPECT_THAT(room.llm->requests.at(1).messages.back().text, HasSubstr("no_agent"));
  EXPECT_THAT(room.events("tool.finished"), SizeIs(1));
}

TEST(Assistant, StoresTheTurnInProgressWhenTheCallEnds) {
  Room room;
  room.llm->answers = {{"A rather long answer that will not be heard to its end."}};
  room.answer();
  room.assistant->input("go on");
  room.silent(1300ms);

  room.assistant->finish();

  EXPECT_THAT(room.said(caller), ElementsAre("go on"));
  ASSERT_THAT(room.call.turns, SizeIs(2));
  EXPECT_TRUE(room.call.turns[1].interrupted);
  EXPECT_EQ(room.call.turns[1].heard_text, "A rather long");
}

TEST(Assistant, ATickOfSteadySpeechAllocatesNothing) {
  Room room;
  room.llm->answers = {{"This answer is long enough to be speaking for quite some time, is it not so."}};
  room.answer();
  room.assistant->input("go on");
  room.silent(1s);

  const auto before = allocations();
  for (int i = 0; i < 50; ++i) room.tick(false);
  const auto spent = allocations() - before;

  EXPECT_LE(spent, 50U);  // `sounded` of the room itself grows
  EXPECT_TRUE(room.sounds_within(1980ms, 2s));
}

}  // namespace
}  // namespace parley::assistant
