#include "assistant/conversation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assistant/assistant_room_test.hpp"

namespace parley::assistant {
namespace {

using speech::Message;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A conversation without sound.
struct Chat final : ConversationListener {
  void on_first_token() override {}
  void on_sentence(std::string text, std::uint64_t tag) override { said.push_back({tag, std::move(text), true}); }
  void on_reply_complete(bool any) override { ++complete, said_any = any; }
  void on_llm_failed(std::string_view reason) override { failures.emplace_back(reason); }
  void on_tool_started(std::string_view) override { ++started; }
  void on_tool_finished(std::string_view name, bool ok, MediaTime) override {
    finished.push_back(std::string{name} + (ok ? " ok" : " failed"));
  }

  Schedule schedule;
  std::shared_ptr<FakeLlm> llm = std::make_shared<FakeLlm>(schedule);
  std::vector<std::shared_ptr<tools::Tool>> toolbox;
  std::unique_ptr<Conversation> conversation;
  std::vector<Heard> said;
  std::vector<std::string> failures, finished;
  int complete = 0, started = 0;
  bool said_any = false;

  Conversation& open(ConversationConfig config = {}) {
    conversation = std::make_unique<Conversation>(std::move(config), llm, ToolSet{tools::Toolbox{toolbox}, {}},
                                                  std::make_shared<FakeExecutor>(schedule), *this);
    return *conversation;
  }
  void pass(MediaTime duration) {
    for (const auto end = schedule.now + duration; schedule.now < end;) {
      schedule.now += 20ms;
      schedule.run();
      conversation->tick(schedule.now);
    }
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const auto& message : conversation->messages()) texts.push_back(message.text);
    return texts;
  }
};

TEST(Conversation, StreamsTheReplyBySentences) {
  Chat chat;
  chat.llm->answers = {{"First sentence. Second sentence."}};
  chat.open().user("hello");

  chat.pass(1s);

  ASSERT_THAT(chat.said, SizeIs(2));
  EXPECT_EQ(chat.said[1].text, "Second sentence.");
  EXPECT_EQ(chat.complete, 1);
  EXPECT_THAT(chat.texts(), ElementsAre("hello", "First sentence. Second sentence."));
}

TEST(Conversation, T15_APriceIsOneSentence) {
  Chat chat;
  chat.llm->answers = {{"It is $29.99 today."}};
  chat.open().user("hello");

  chat.pass(1s);

  ASSERT_THAT(chat.said, SizeIs(1));
  EXPECT_EQ(chat.said[0].text, "It is $29.99 today.");
}

TEST(Conversation, ToolsOfOneAnswerRunSideBySideAndTheModelIsAskedAgain) {
  Chat chat;
  chat.toolbox = {std::make_shared<FakeTool>(chat.schedule, "slow", 2s),
                  std::make_shared<FakeTool>(chat.schedule, "fast", 1s)};
  chat.llm->answers = {{"Let me see.", {{"1", "slow", "{}"}, {"2", "fast", "{}"}}}, {"Done."}};
  chat.open().user("hello");

  chat.pass(2500ms);

  EXPECT_THAT(chat.finished, ElementsAre("fast ok", "slow ok"));
  ASSERT_THAT(chat.llm->requests, SizeIs(2));
  const auto& history = chat.llm->requests[1].messages;
  ASSERT_THAT(history, SizeIs(4));
  EXPECT_EQ(history[1].text, "Let me see.");
  EXPECT_EQ(history[2].tool_call_id, history[1].tool_calls.at(0).id);
  EXPECT_EQ(history[3].tool_call_id, history[1].tool_calls.at(1).id);
  EXPECT_EQ(chat.complete, 1);
}

TEST(Conversation, AnUnknownToolIsAnErrorResult) {
  Chat chat;
  chat.llm->answers = {{"", {{"1", "no_such", "{}"}}}, {"Sorry."}};
  chat.open().user("hello");

  chat.pass(1s);

  EXPECT_THAT(chat.llm->requests.at(1).messages.back().text, HasSubstr("error"));
}

TEST(Conversation, AToolThatMissesItsDeadlineIsReportedAndItsLateResultIsKept) {
  Chat chat;
  chat.toolbox = {std::make_shared<FakeTool>(chat.schedule, "slow", 15s, true)};
  chat.llm->answers = {{"", {{"1", "slow", "{}"}}}, {"That takes long."}};
  chat.open().user("hello");

  chat.pass(12s);
  EXPECT_THAT(chat.llm->requests.at(1).messages.back().text, HasSubstr("outcome unknown"));
  EXPECT_THAT(chat.finished, ElementsAre("slow failed"));
  chat.pass(5s);

  EXPECT_THAT(chat.conversation->messages().at(2).text, HasSubstr("42"));
  EXPECT_THAT(chat.llm->requests, SizeIs(2));
}

TEST(Conversation, RoundsOfToolsAreBounded) {
  Chat chat;
  chat.toolbox = {std::make_shared<FakeTool>(chat.schedule, "again", 0ms)};
  chat.llm->answers = {{"", {{"1", "again", "{}"}}}, {"", {{"1", "again", "{}"}}}, {"Enough."}};
  chat.open({.max_tool_rounds = 2}).user("hello");

  chat.pass(3s);

  ASSERT_THAT(chat.llm->requests, SizeIs(3));
  EXPECT_THAT(chat.llm->requests[1].tools, SizeIs(1));
  EXPECT_THAT(chat.llm->requests[2].tools, IsEmpty());
}

TEST(Conversation, C4_AnInterruptedReplyKeepsWhatWasHeard) {
  Chat chat;
  chat.llm->answers = {{"First sentence. Second sentence."}};
  auto& conversation = chat.open();
  conversation.user("hello");
  chat.pass(1s);

  conversation.interrupt(std::vector<Heard>{chat.said[0], {chat.said[1].tag, "Second", false}});

  EXPECT_THAT(chat.texts(), ElementsAre("hello", "First sentence. Second"));
  EXPECT_TRUE(conversation.messages()[1].interrupted);
}

TEST(Conversation, C4_AReplyOfWhichNothingWasHeardIsNotStored) {
  Chat chat;
  auto& conversation = chat.open();
  conversation.user("hello");
  chat.pass(1s);

  conversation.interrupt({});

  EXPECT_THAT(chat.texts(), ElementsAre("hello"));
}

TEST(Conversation, C4_AReplyHeardWholeKeepsTheModelsOwnWords) {
  Chat chat;
  chat.llm->answers = {{"It is **noon**. Really."}};
  auto& conversation = chat.open();
  conversation.user("hello");
  chat.pass(1s);

  conversation.interrupt(chat.said);

  EXPECT_THAT(chat.texts(), ElementsAre("hello", "It is **noon**. Really."));
  EXPECT_FALSE(conversation.messages()[1].interrupted);
}

TEST(Conversation, E5_ContinuingReplacesTheLastMessageAndKeepsToolResults) {
  Chat chat;
  auto tool = std::make_shared<FakeTool>(chat.schedule, "book", 0ms, true);
  chat.toolbox = {tool};
  chat.llm->answers = {{"One moment.", {{"1", "book", "{}"}}}, {"Booked."}, {"Booked for four."}};
  auto& conversation = chat.open();
  conversation.user("book a table");
  chat.pass(1s);

  conversation.interrupt({});
  conversation.user_continued("book a table for four");
  chat.pass(1s);

  const auto& history = chat.llm->requests.at(2).messages;
  ASSERT_THAT(history, SizeIs(3));
  EXPECT_EQ(history[0].text, "book a table for four");
  EXPECT_EQ(history[1].text, "");
  EXPECT_THAT(history[2].text, HasSubstr("42"));
  EXPECT_THAT(tool->runs, SizeIs(1));
}

TEST(Conversation, AToolThatOutlivesTheConversationIsHarmless) {
  Chat chat;
  chat.toolbox = {std::make_shared<FakeTool>(chat.schedule, "slow", 2s)};
  chat.llm->answers = {{"", {{"1", "slow", "{}"}}}};
  chat.open().user("hello");
  chat.pass(1s);

  chat.conversation.reset();
  chat.schedule.now += 5s;
  chat.schedule.run();

  EXPECT_THAT(chat.finished, IsEmpty());
}

}  // namespace
}  // namespace parley::assistant
