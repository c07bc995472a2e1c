#include "assistant/greeting.hpp"

#include <gmock/gmock.h>

#include "assistant/assistant_room_test.hpp"

namespace parley::assistant {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Level = call::IdentityLevel;

const call::Identity anna{Level::verified, "01USER", "Anna"};

TEST(Greeting, NamesACallerWhoIsKnown) {
  EXPECT_EQ(greeting_for("Hello {name}, how can I help?", anna), "Hello Anna, how can I help?");
  EXPECT_EQ(greeting_for("{name}? {name}!", anna), "Anna? Anna!");
}

TEST(Greeting, LeavesTheNameOutWhereItIsNotCertain) {
  for (const auto& identity : {call::Identity{}, call::Identity{Level::claimed, "01USER", "Anna"},
                               call::Identity{Level::verified, "", "Anna"}})
    EXPECT_EQ(greeting_for("Hello {name}, how can I help?", identity), "Hello, how can I help?");
  EXPECT_EQ(greeting_for("{name}", {}), "");
}

TEST(Greeting, TakesANameAsItIs) {
  EXPECT_EQ(greeting_for("Hello {name}.", {Level::verified, "01USER", "{name}"}), "Hello {name}.");
}

TEST(Prompt, SaysWhoCallsWhenItIsCertain) {
  EXPECT_THAT(prompt_for("Be kind.", anna), HasSubstr("Be kind.\nThe caller is Anna"));
  EXPECT_EQ(prompt_for("Be kind.", {Level::claimed, "01USER", "Anna"}), "Be kind.");
}

TEST(Assistant, GreetsAVerifiedCallerByName) {
  Room room;
  room.call.who = anna;
  room.config.greeting = "Hello {name}.";
  room.answer();

  room.silent(3s);

  EXPECT_THAT(room.said(call::Speaker::assistant), ElementsAre("Hello Anna."));
}

}  // namespace
}  // namespace parley::assistant
