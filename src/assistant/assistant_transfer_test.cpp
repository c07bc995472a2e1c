// The assistant around a transfer: what it says before, what it hears meanwhile, and how it is back.
#include "assistant/assistant_room_test.hpp"
#include "assistant/summary.hpp"

namespace parley::assistant {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using enum call::Standing;

/// As the call does it from inside CallControl::transfer().
struct TransferRoom : Room {
  void begin(call::TransferBy by) {
    call::TransferRequest request;
    request.by = by;
    assistant->set_standing(waiting);
    announces = assistant->announce_transfer(request);
  }
  bool announces = false;
};

TEST(AssistantTransfer, AModelMayNotSendCallersToNumbersThatTheyName) {
  TransferRoom room;
  room.config.transfer_targets = {"2001"};
  room.llm->answers = {{"", {{"1", "transfer", R"({"to":"0900123456"})"}}}, {"I cannot."}};
  room.answer();
  room.assistant->input("connect me to 0900 123456");
  room.silent(3s);

  EXPECT_THAT(room.call.transfers, IsEmpty());
  EXPECT_THAT(room.llm->requests.at(1).messages.back().text, HasSubstr("unknown_extension"));
}

TEST(AssistantTransfer, WithConfirmTheCallerIsAskedBeforeAnythingRings) {
  TransferRoom room;
  room.config.confirm_transfer = true;
  room.config.transfer_targets = {"2001"};
  // A model that confirms for the caller gets nowhere: agreeing takes a turn of the caller's own.
  room.llm->answers = {{"", {{"1", "transfer", R"({"to":"2001"})"}}},
                       {"", {{"2", "transfer", R"({"confirmed":"yes"})"}}},
                       {"Shall I connect you?"},
                       {"", {{"3", "transfer", R"({"confirmed":"yes"})"}}},
                       {"One moment."}};
  room.answer();
  room.assistant->input("a human please");
  room.silent(5s);
  EXPECT_THAT(room.call.transfers, IsEmpty());

  room.assistant->input("yes");
  room.silent(3s);

  ASSERT_THAT(room.call.transfers, SizeIs(1));
  EXPECT_EQ(room.call.transfers.front().to, "2001");
}

TEST(AssistantTransfer, TellsTheCallerAndThenTheCall) {
  TransferRoom room;
  room.answer();
  room.begin(call::TransferBy::api);
  EXPECT_TRUE(room.announces);
  EXPECT_THAT(room.call.announced, IsEmpty());

  room.silent(4s);

  EXPECT_THAT(room.said(call::Speaker::assistant), ElementsAre("One moment, I will connect you."));
  EXPECT_THAT(room.call.announced, SizeIs(1));
}

TEST(AssistantTransfer, ACallerWhoTalksOnIsNotKeptFromTheAgent) {
  TransferRoom room;
  room.answer();
  room.speak(1s);
  room.begin(call::TransferBy::api);
  room.speak(2500ms);

  EXPECT_THAT(room.call.announced, SizeIs(1));
  EXPECT_THAT(room.said(call::Speaker::assistant), IsEmpty());
}

TEST(AssistantTransfer, WithoutAVoiceNothingIsAnnounced) {
  TransferRoom room;
  room.tts->available = false;
  room.answer();
  room.begin(call::TransferBy::api);

  EXPECT_FALSE(room.announces);
}

TEST(AssistantTransfer, NeverMindEndsTheWaitAndIsAnswered) {
  TransferRoom room;
  room.llm->answers = {{"All right."}};
  room.stt->texts = {"Oh never mind."};
  room.answer();
  room.begin(call::TransferBy::api);
  room.silent(4s);

  room.speak(1s);
  room.silent(1s);
  EXPECT_EQ(room.call.cancelled, 1);
  room.assistant->set_standing(talking);
  room.silent(2s);

  EXPECT_THAT(room.said(call::Speaker::assistant), Contains("All right."));
}

TEST(AssistantTransfer, WhatElseIsSaidInTheWaitIsWrittenDownAndNotAnswered) {
  TransferRoom room;
  room.stt->texts = {"I wonder how long this takes."};
  room.answer();
  room.begin(call::TransferBy::api);
  room.silent(4s);
  room.speak(1s);
  room.silent(3s);

  EXPECT_EQ(room.call.cancelled, 0);
  EXPECT_THAT(room.said(call::Speaker::caller), ElementsAre("I wonder how long this takes."));
  EXPECT_THAT(room.llm->requests, IsEmpty());
}

TEST(AssistantTransfer, TheOutcomeIsTheResultOfItsToolAndIsSaid) {
  TransferRoom room;
  room.llm->answers = {{"I am sorry, the line is busy."}};
  room.answer();
  room.begin(call::TransferBy::assistant);
  room.silent(4s);
  room.assistant->set_standing(talking);
  room.assistant->on_returned({.transfer_id = "t", .to = "2001", .status = "failed", .cause = "busy"});
  room.silent(4s);

  const auto& asked = room.llm->requests.at(0).messages;
  EXPECT_EQ(asked.back().role, speech::Message::Role::tool);
  EXPECT_THAT(asked.back().text, HasSubstr(R"("cause":"busy")"));
  EXPECT_THAT(asked.at(asked.size() - 2).tool_calls.at(0).name, "transfer");
  EXPECT_THAT(room.said(call::Speaker::assistant), Contains("I am sorry, the line is busy."));
}

TEST(AssistantTransfer, AModelThatIsAwayLeavesNobodyInSilence) {
  TransferRoom room;
  room.llm->answers = {{.text = "", .fails = true}};
  room.answer();
  room.assistant->on_returned({.transfer_id = "t", .to = "2001", .status = "failed", .cause = "busy"});
  room.silent(6s);

  EXPECT_THAT(room.said(call::Speaker::assistant), Contains(HasSubstr("could not connect you")));
}

TEST(AssistantTransfer, WithAnAgentBothAreWrittenDownAndTheAssistantIsSilent) {
  TransferRoom room;
  room.stt->texts = {"From the agent.", "From the caller."};
  room.config.turns.idle.prompt_after = 3s;
  room.answer();
  room.assistant->set_standing(listening);
  call::Tap* const agent = room.assistant->agent_joined("leg-2");
  ASSERT_NE(agent, nullptr);
  const audio::Frame frame{audio::Rate::narrow};
  const auto agent_speaks = [&](MediaTime duration, bool speech) {
    for (const auto end = room.schedule.now + duration; room.schedule.now < end;) {
      agent->hear({frame, frame, speech, speech ? -20 : -90, room.schedule.now});
      room.tick(false);
    }
  };
  agent_speaks(1s, true);
  agent_speaks(1s, false);
  room.speak(1s);
  room.silent(10s);

  EXPECT_THAT(room.said(call::Speaker::agent), ElementsAre("From the agent."));
  EXPECT_EQ(room.call.turns.front().leg_id, "leg-2");
  EXPECT_THAT(room.said(call::Speaker::caller), ElementsAre("From the caller."));
  EXPECT_THAT(room.sounded, IsEmpty());
  EXPECT_FALSE(room.call.ended);
  room.assistant->agent_left("leg-2");
}

TEST(AssistantTransfer, OnHoldWhatItWasSayingWaits) {
  TransferRoom room;
  room.config.greeting = "A greeting of a certain length.";
  room.answer();
  room.silent(500ms);
  room.assistant->set_standing(held);
  const auto from = room.schedule.now + 40ms;
  room.speak(2s);
  EXPECT_FALSE(room.sounds_within(from, room.schedule.now));

  room.assistant->set_standing(talking);
  room.silent(2s);

  EXPECT_TRUE(room.sounds_within(from + 2s, room.schedule.now));
  EXPECT_THAT(room.said(call::Speaker::caller), IsEmpty());
}

TEST(AssistantTransfer, TheBriefNamesWhoIsKnownAndWhatTheyWanted) {
  TransferRoom room;
  room.call.who = {call::IdentityLevel::verified, "u1", "Anna"};
  room.answer();
  room.assistant->input("I want to change my appointment");
  room.silent(2s);
  room.assistant->input("let me talk to a human");
  room.silent(2s);
  const auto brief = room.assistant->make_brief({.reason = "let me talk to a human"});

  ASSERT_NE(brief, nullptr);
  EXPECT_EQ(brief->text(),
            "Anna wants to talk to you. They said: I want to change my appointment. Press 1 to accept, 2 to decline.");
  EXPECT_FALSE(brief->finished());
}

}  // namespace
}  // namespace parley::assistant
