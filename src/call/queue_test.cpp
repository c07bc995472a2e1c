#include "call/queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::call {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// What a queue put out, as text: `offer A 2001,2002`, `withdraw A 2001`, `announce A 1`, `left A answered`.
std::string name(const Queue::Output& output) {
  const auto list = [](const std::vector<std::string>& agents) {
    std::string text;
    for (const auto& agent : agents) text += (text.empty() ? "" : ",") + agent;
    return text;
  };
  if (const auto* offer = std::get_if<Queue::Offer>(&output))
    return "offer " + offer->call_id + " " + list(offer->agents);
  if (const auto* stop = std::get_if<Queue::Withdraw>(&output))
    return "withdraw " + stop->call_id + " " + list(stop->agents);
  if (const auto* announce = std::get_if<Queue::Announce>(&output))
    return "announce " + announce->call_id + " " + std::to_string(announce->position);
  const auto& left = std::get<Queue::Left>(output);
  return "left " + left.call_id + " " + std::string{to_string(left.reason)};
}

struct QueueTest : ::testing::Test {
  TimePoint now{};
  QueueConfig config{.strategy = QueueStrategy::longest_idle,
                     .max_waiting = 3,
                     .ring_for = 20s,
                     .ask_again = 30s,
                     .overflow_after = 5min,
                     .first_announcement = 10s,
                     .announce_every = 30s,
                     .answer_within = 20s};
  std::optional<Queue> made;

  Queue& queue() {
    if (!made) made.emplace(config);
    return *made;
  }
  std::vector<std::string> outputs() {
    std::vector<std::string> all;
    while (const auto output = queue().poll()) all.push_back(name(*output));
    return all;
  }
  /// Agents free since so many seconds; those not named are not available.
  void free_agents(const std::map<std::string, int>& free) {
    std::vector<Queue::Member> members;
    for (const std::string extension : {"2001", "2002", "2003"}) {
      const auto found = free.find(extension);
      members.push_back({extension, found != free.end(),
                         WallTime{std::chrono::seconds{found == free.end() ? 0 : 1'000 - found->second}}});
    }
    queue().set_members(std::move(members), now);
  }
  void wait(Duration duration) { queue().advance(now += duration); }
};

TEST_F(QueueTest, ACallerIsOfferedTheAgentWhoHasBeenFreeForLongest) {
  free_agents({{"2001", 10}, {"2002", 90}, {"2003", 40}});

  EXPECT_TRUE(queue().enter("A", now));

  EXPECT_THAT(outputs(), ElementsAre("offer A 2002"));
}

TEST_F(QueueTest, WhoComesWhileNobodyIsFreeIsServedInOrder) {
  queue().enter("A", now);
  queue().enter("B", now);
  EXPECT_THAT(outputs(), IsEmpty());
  EXPECT_EQ(queue().position("B"), 2U);

  free_agents({{"2001", 0}});
  EXPECT_THAT(outputs(), ElementsAre("offer A 2001"));
  free_agents({{"2001", 0}, {"2003", 0}});

  EXPECT_THAT(outputs(), ElementsAre("offer B 2003"));
}

TEST_F(QueueTest, RingAllRingsEveryFreeAgentForTheFirstCallerAndTakesTheOthersBack) {
  config.strategy = QueueStrategy::ring_all;
  free_agents({{"2001", 1}, {"2002", 2}, {"2003", 3}});
  queue().enter("A", now);
  EXPECT_THAT(outputs(), ElementsAre("offer A 2001,2002,2003"));

  EXPECT_TRUE(queue().answered("A", "2002", now));

  EXPECT_THAT(outputs(), ElementsAre("withdraw A 2001,2003", "left A answered"));
}

TEST_F(QueueTest, RoundRobinGoesOnBehindTheAgentWhoWasLast) {
  config.strategy = QueueStrategy::round_robin;
  free_agents({{"2001", 1}, {"2002", 2}, {"2003", 3}});
  for (const std::string call : {"A", "B", "C"}) {
    queue().enter(call, now);
    queue().answered(call, call == "A" ? "2001" : call == "B" ? "2002" : "2003", now);
  }
  queue().enter("D", now);

  EXPECT_THAT(outputs(), ElementsAre("offer A 2001", "left A answered", "offer B 2002", "left B answered",
                                     "offer C 2003", "left C answered", "offer D 2001"));
}

TEST_F(QueueTest, WhoDeclinesIsNotAskedForThatCallerUntilALittleLater) {
  free_agents({{"2001", 90}});
  queue().enter("A", now);
  queue().not_taken("A", "2001", now);
  queue().enter("B", now);
  EXPECT_THAT(outputs(), ElementsAre("offer A 2001", "offer B 2001")) << "for another caller at once";
  queue().abandon("B", now);
  EXPECT_THAT(outputs(), ElementsAre("withdraw B 2001", "left B abandoned"));
  EXPECT_EQ(queue().deadline(), now + config.first_announcement);

  config.announce_every = {};
  wait(30s);

  EXPECT_THAT(outputs(), ElementsAre("offer A 2001", "announce A 1"));
}

TEST_F(QueueTest, APhoneThatRingsOnIsLeftForTheNextAgent) {
  free_agents({{"2001", 90}, {"2002", 10}});
  queue().enter("A", now);
  EXPECT_THAT(outputs(), ElementsAre("offer A 2001"));

  wait(19s);
  EXPECT_THAT(outputs(), ElementsAre("announce A 1"));
  wait(1s);

  EXPECT_THAT(outputs(), ElementsAre("withdraw A 2001", "offer A 2002"));
}

TEST_F(QueueTest, ALateRefusalOfAnOfferThatWasWithdrawnChangesNothing) {
  free_agents({{"2001", 90}, {"2002", 10}});
  queue().enter("A", now);
  wait(20s);
  (void)outputs();

  queue().not_taken("A", "2001", now);

  EXPECT_THAT(outputs(), IsEmpty());
}

TEST_F(QueueTest, WhoWaitsTooLongGoesBackAndHisPhoneStopsRinging) {
  queue().enter("A", now);
  wait(4min + 50s);
  free_agents({{"2001", 1}});
  (void)outputs();

  wait(10s);

  EXPECT_THAT(outputs(), ElementsAre("withdraw A 2001", "left A overflowed"));
  EXPECT_EQ(queue().position("A"), 0U);
  EXPECT_FALSE(queue().answered("A", "2001", now)) << "an answer in the same instant comes too late";
}

TEST_F(QueueTest, PositionsAreAnnouncedInTheirTime) {
  queue().enter("A", now);
  wait(5s);
  queue().enter("B", now);

  wait(5s);
  EXPECT_THAT(outputs(), ElementsAre("announce A 1"));
  wait(5s);
  EXPECT_THAT(outputs(), ElementsAre("announce B 2"));
  queue().abandon("A", now);
  (void)outputs();
  wait(30s);

  EXPECT_THAT(outputs(), ElementsAre("announce B 1"));
}

TEST_F(QueueTest, AFullQueueRefusesAndSoDoesOneInWhichTheCallWaits) {
  EXPECT_TRUE(queue().enter("A", now));
  EXPECT_FALSE(queue().enter("A", now));
  EXPECT_TRUE(queue().enter("B", now));
  EXPECT_TRUE(queue().enter("C", now));

  EXPECT_FALSE(queue().enter("D", now));

  EXPECT_EQ(queue().figures(now).refused, 2U);
}

TEST_F(QueueTest, FiguresSayHowWellItWent) {
  free_agents({{"2001", 1}, {"2002", 2}});
  queue().enter("A", now);
  wait(10s);
  queue().answered("A", "2002", now);
  queue().enter("B", now);
  wait(30s);
  queue().answered("B", "2001", now);
  queue().enter("C", now);
  wait(5s);
  queue().abandon("C", now);
  queue().finished("A", now);
  queue().finished("never came", now);
  queue().enter("D", now - 7s);

  const auto figures = queue().figures(now);

  EXPECT_EQ(figures.entered, 4U);
  EXPECT_EQ(figures.answered, 2U);
  EXPECT_EQ(figures.abandoned, 1U);
  EXPECT_EQ(figures.answered_in_time, 1U);
  EXPECT_DOUBLE_EQ(figures.service_level(), 1.0 / 3);
  EXPECT_EQ(figures.speed_of_answer, 20s);
  EXPECT_EQ(figures.handle_time, 35s);
  EXPECT_EQ(figures.waiting, 1U);
  EXPECT_EQ(figures.longest_wait, 7s);
}

TEST_F(QueueTest, TheDeadlineIsWhateverComesFirst) {
  EXPECT_EQ(queue().deadline(), TimePoint::max());
  queue().enter("A", now);
  EXPECT_EQ(queue().deadline(), now + 10s) << "its announcement";
  wait(10s);
  free_agents({{"2001", 1}});

  EXPECT_EQ(queue().deadline(), now + 20s) << "the end of ringing";
}

TEST(QueueStrategyTest, HasNamesThatAreReadBack) {
  for (const auto strategy : {QueueStrategy::ring_all, QueueStrategy::longest_idle, QueueStrategy::round_robin})
    EXPECT_EQ(parse_queue_strategy(to_string(strategy)), strategy);
  EXPECT_EQ(parse_queue_strategy("random"), std::nullopt);
}

}  // namespace
}  // namespace parley::call
