// Whole conversations of callers who do anything at any time. A failure prints its seed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "assistant/assistant_room_test.hpp"

namespace parley::assistant {
namespace {

using speech::Message;

/// A tool's result follows its call, and only such results exist.
void expect_valid(const std::vector<Message>& history) {
  std::vector<std::string> called;
  for (const auto& message : history) {
    for (const auto& call : message.tool_calls) called.push_back(call.id);
    if (message.role == Message::Role::tool) {
      EXPECT_THAT(called, testing::Contains(message.tool_call_id));
    } else {
      EXPECT_TRUE(!message.text.empty() || !message.tool_calls.empty());
    }
  }
}

class AssistantSim : public testing::TestWithParam<unsigned> {};

TEST_P(AssistantSim, AfterAnythingTheCallerDoesTheConversationGoesOn) {
  std::mt19937 random{GetParam()};
  const auto pick = [&](int from, int to) { return std::uniform_int_distribution{from, to}(random); };
  Room room;
  auto tool = std::make_shared<FakeTool>(room.schedule, "book", MediaTime{pick(0, 4'000'000)}, true);
  room.config.tools = {tool};
  room.config.greeting = "Hello there, how can I help you?";
  room.stt->delay = MediaTime{pick(50'000, 1'800'000)};
  room.llm->delay = MediaTime{pick(0, 3'000'000)};
  const std::vector<std::string> heard = {"", "ok", "yeah", "stop", "tell me more", "what about two"};
  for (int i = 0; i < 200; ++i) {
    room.stt->texts.push_back(heard[static_cast<std::size_t>(pick(0, 5))]);
    Answer answer{"A first sentence of the answer. And then a second sentence follows it."};
    if (pick(0, 3) == 0) answer = {"Let me see.", {{"1", "book", "{}"}}};
    if (pick(0, 9) == 0) answer = {.fails = true};
    if (pick(0, 9) == 0) answer = {""};
    room.llm->answers.push_back(answer);
  }
  room.answer();

  for (int step = 0; step < 40; ++step) {
    switch (pick(0, 8)) {
      case 0: room.assistant->on_dtmf(static_cast<char>('0' + pick(0, 9))); break;
      case 1: room.assistant->say("An announcement.", pick(0, 1) == 1); break;
      case 2: room.assistant->input("something else"); break;
      case 3: room.stt->sink->on_stt_failed("gone"), room.tick(false); break;
      case 4: room.speak(MediaTime{pick(1, 60) * 20'000}); break;
      default: room.speak(MediaTime{pick(5, 100) * 20'000}), room.silent(MediaTime{pick(1, 150) * 20'000});
    }
    expect_valid(room.messages());
  }
  room.silent(60s);
  expect_valid(room.messages());
  const auto requests = room.llm->requests.size();
  const auto replies = room.said(call::Speaker::assistant).size();
  room.assistant->input("are you there");
  room.silent(30s);

  EXPECT_GT(room.llm->requests.size(), requests);
  EXPECT_GT(room.said(call::Speaker::assistant).size(), replies);
  EXPECT_FALSE(room.call.ended);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AssistantSim, testing::Range(0U, 60U));

}  // namespace
}  // namespace parley::assistant
