// Calls between two stacks: set-up, tear-down, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/sip/stack_harness.hpp"

namespace parley::sip::test {
namespace {

TEST(StackCall, RingsIsAnsweredAcknowledgedAndHungUpByTheCaller) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  answer_everything(network, bob);

  const SessionId call = alice.stack.invite(call_to(bob), network.now);
  network.run_for(1s);

  ASSERT_NE(bob.last<Stack::Incoming>(), nullptr);
  EXPECT_EQ(bob.last<Stack::Incoming>()->offer, an_offer);
  ASSERT_NE(alice.last<Stack::Progress>(), nullptr);
  EXPECT_EQ(alice.last<Stack::Progress>()->status, 180);
  ASSERT_NE(alice.last<Stack::Answered>(), nullptr);
  EXPECT_EQ(alice.last<Stack::Answered>()->sdp, an_answer);
  EXPECT_NE(bob.last<Stack::Acknowledged>(), nullptr);

  EXPECT_TRUE(alice.stack.bye(call, network.now));
  network.run_for(1s);

  EXPECT_EQ(alice.last<Stack::Ended>()->reason, EndReason::local);
  ASSERT_NE(bob.last<Stack::Ended>(), nullptr);
  EXPECT_EQ(bob.last<Stack::Ended>()->reason, EndReason::bye);
  network.run_for(2min);
  EXPECT_EQ(alice.stack.transactions() + bob.stack.transactions(), 0u);
  EXPECT_EQ(alice.stack.deadline(), TimePoint::max());
  EXPECT_EQ(bob.stack.deadline(), TimePoint::max());
}

}  // namespace
}  // namespace parley::sip::test
