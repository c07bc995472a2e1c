#include "call/directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "call/event_hub.hpp"

namespace parley::call {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const AgentContact telephone{.uri = "sip:2001@192.0.2.1:5062",
                             .path = {},
                             .transport = "udp",
                             .remote = {IpAddress::v4(0xC0000201), 5062},
                             .connection = 0};

struct DirectoryTest : ::testing::Test {
  EventHub events;
  WallTime now{std::chrono::seconds{1'000}};
  Directory directory{{{"2001", "Support", {"support"}, false}, {"2002", "Anna", {"support", "sales"}, true}},
                      [](auto work) { work(); },
                      [this] { return now; },
                      &events};

  Presence presence() { return directory.find("2001")->presence; }
  void sign_in() { directory.set_contacts("2001", {telephone}); }
  bool claim(const std::string& call) {
    bool claimed = false;
    directory.claim("2001", call, [&](bool answer) { claimed = answer; });
    return claimed;
  }
};

TEST_F(DirectoryTest, AnAgentIsOfflineUntilATelephoneIsThere) {
  EXPECT_EQ(presence(), Presence::offline);

  sign_in();

  EXPECT_EQ(presence(), Presence::available);
  EXPECT_THAT(directory.find("2001")->contacts, ElementsAre(telephone));
  directory.set_contacts("2001", {});
  EXPECT_EQ(presence(), Presence::offline);
}

TEST_F(DirectoryTest, ARosterThatIsHeldDoesNotChange) {
  const auto before = directory.roster();

  sign_in();

  EXPECT_EQ(before->find("2001")->presence, Presence::offline);
  EXPECT_EQ(before->find("2002"), directory.find("2002")) << "who did not change is shared";
}

TEST_F(DirectoryTest, CallsGoBeforeTheChoiceAndTheChoiceComesBack) {
  sign_in();
  directory.choose("2001", Presence::away);
  directory.set_activity("2001", "a", Activity::ringing);
  EXPECT_EQ(presence(), Presence::ringing);
  directory.set_activity("2001", "a", Activity::in_call);
  EXPECT_EQ(presence(), Presence::busy);
  directory.set_activity("2001", "b", Activity::ringing);
  EXPECT_EQ(presence(), Presence::busy) << "a second call rings";

  directory.set_activity("2001", "a", Activity::none);
  directory.set_activity("2001", "b", Activity::none);

  EXPECT_EQ(presence(), Presence::away);
}

TEST_F(DirectoryTest, AnAgentInACallWhoseRegistrationIsLostIsStillBusy) {
  sign_in();
  directory.set_activity("2001", "a", Activity::in_call);

  directory.set_contacts("2001", {});

  EXPECT_EQ(presence(), Presence::busy);
  directory.set_activity("2001", "a", Activity::none);
  EXPECT_EQ(presence(), Presence::offline);
}

TEST_F(DirectoryTest, OneOfTwoCallsGetsTheAgent) {
  EXPECT_FALSE(claim("a")) << "nobody is there yet";
  sign_in();

  EXPECT_TRUE(claim("a"));
  EXPECT_FALSE(claim("b"));

  directory.set_activity("2001", "a", Activity::none);
  EXPECT_TRUE(claim("b"));
}

TEST_F(DirectoryTest, ChoosingWhatOnlyCallsDecideIsRefused) {
  std::vector<bool> answers;
  const auto note = [&](bool good) { answers.push_back(good); };

  directory.choose("2001", Presence::busy, note);
  directory.choose("2001", Presence::offline, note);
  directory.choose("9999", Presence::away, note);
  directory.choose("2001", Presence::wrap_up, note);

  EXPECT_THAT(answers, ElementsAre(false, false, false, true));
}

TEST_F(DirectoryTest, EveryChangeOfPresenceIsAnEventAndNothingElseIs) {
  auto subscription =
      events.subscribe({.call_id = "", .types = {"agent.presence"}}, std::nullopt, [](auto work) { work(); }, [] {});
  sign_in();
  directory.set_contacts("2001", {telephone, telephone});
  directory.choose("2001", Presence::available);
  directory.choose("2001", Presence::away);

  const auto seen = (*subscription)->take(10);

  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_THAT(seen[0]->data, HasSubstr(R"("extension":"2001","name":"Support","presence":"available")"));
  EXPECT_THAT(seen[1]->data, HasSubstr(R"("presence":"away")"));
}

TEST_F(DirectoryTest, SinceIsTheTimeOfTheLastChange) {
  sign_in();
  now += std::chrono::seconds{60};

  directory.set_contacts("2001", {telephone, telephone});

  EXPECT_EQ(directory.find("2001")->since, WallTime{std::chrono::seconds{1'000}});
}

TEST_F(DirectoryTest, CallsOfOneAgentAreBounded) {
  sign_in();
  for (int i = 0; i < 100; ++i) directory.set_activity("2001", std::to_string(i), Activity::ringing);
  for (int i = 0; i < 64; ++i) directory.set_activity("2001", std::to_string(i), Activity::none);

  EXPECT_EQ(presence(), Presence::available);
}

TEST_F(DirectoryTest, TheLatestCallsOfAnAgentAreKnownAlsoWhenTheyAreOver) {
  for (int i = 0; i < 25; ++i) {
    directory.set_activity("2001", std::to_string(i), Activity::ringing);
    directory.set_activity("2001", std::to_string(i), Activity::none);
  }

  const auto agent = directory.find("2001");
  EXPECT_THAT(agent->calls, SizeIs(20));
  EXPECT_TRUE(agent->has_call("24"));
  EXPECT_FALSE(agent->has_call("4"));
}

TEST_F(DirectoryTest, QueuesHaveTheirMembers) {
  EXPECT_THAT(directory.roster()->of_queue("support"), SizeIs(2));
  EXPECT_THAT(directory.roster()->of_queue("sales"), SizeIs(1));
  EXPECT_THAT(directory.roster()->of_queue("nobody"), SizeIs(0));
}

TEST(Presence, NamesAreReadBack) {
  for (const auto presence :
       {Presence::offline, Presence::available, Presence::ringing, Presence::busy, Presence::wrap_up, Presence::away})
    EXPECT_EQ(parse_presence(to_string(presence)), presence);
  EXPECT_EQ(parse_presence("asleep"), std::nullopt);
}

}  // namespace
}  // namespace parley::call
