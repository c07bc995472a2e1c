// Calls between two stacks: set-up, tear-down, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <iostream>

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

TEST(StackCall, IsHungUpByTheCallee) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  answer_everything(network, bob);
  alice.stack.invite(call_to(bob), network.now);
  network.run_for(1s);

  EXPECT_TRUE(bob.stack.bye(bob.session(), network.now, "SIP ;cause=200 ;text=\"done\""));
  network.run_for(1s);

  ASSERT_NE(alice.last<Stack::Ended>(), nullptr);
  EXPECT_EQ(alice.last<Stack::Ended>()->reason, EndReason::bye);
  EXPECT_EQ(alice.last<Stack::Ended>()->status, 200);
  EXPECT_EQ(alice.stack.sessions() + bob.stack.sessions(), 0u);
}

TEST(StackCall, TellsTheCallerWhyItWasRejected) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  bob.user = [&](Stack::Output& output) {
    if (const auto* incoming = std::get_if<Stack::Incoming>(&output))
      bob.stack.reject(incoming->session, {.status = 486, .headers = {{"Retry-After", "7"}}}, network.now);
  };

  alice.stack.invite(call_to(bob), network.now);
  network.run_for(2min);

  ASSERT_EQ(alice.all<Stack::Ended>().size(), 1u);
  EXPECT_EQ(alice.last<Stack::Ended>()->reason, EndReason::rejected);
  EXPECT_EQ(alice.last<Stack::Ended>()->status, 486);
  EXPECT_EQ(alice.last<Stack::Ended>()->text, "Busy Here");
  EXPECT_EQ(network.count("ACK "), 1);
  EXPECT_EQ(alice.stack.transactions() + bob.stack.transactions(), 0u);
}

TEST(StackCall, GivesUpWhenNobodyIsThere) {
  Network network{{.loss = 1.0}};
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");

  alice.stack.invite(call_to(bob), network.now);
  network.run_for(31s);
  EXPECT_EQ(alice.last<Stack::Ended>(), nullptr);
  network.run_for(2s);

  ASSERT_NE(alice.last<Stack::Ended>(), nullptr);
  EXPECT_EQ(alice.last<Stack::Ended>()->reason, EndReason::timeout);
  EXPECT_EQ(network.count("INVITE "), 7);
}

TEST(StackCall, IsCancelledWhenItRingsTooLong) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  InviteOptions options = call_to(bob);
  options.ring_timeout = 20s;

  alice.stack.invite(std::move(options), network.now);
  network.run_for(1s);
  bob.stack.ring(bob.session(), 180, std::nullopt, false, network.now);
  network.run_for(30s);

  EXPECT_EQ(alice.last<Stack::Ended>()->reason, EndReason::timeout);
  EXPECT_EQ(bob.last<Stack::Ended>()->reason, EndReason::cancel);
  EXPECT_EQ(network.count("CANCEL "), 1);
  EXPECT_EQ(network.count("SIP/2.0 487"), 1);
}

// The CANCEL leaves at every moment of a call that is answered after 100 ms, before and after.
TEST(StackCall, IsGoneOnBothSidesWheneverTheCancelComes) {
  for (int cancel_ms = 0; cancel_ms <= 260; cancel_ms += 5) {
    SCOPED_TRACE(cancel_ms);
    Network network{{.delay = 20ms}};
    Party& alice = network.add("alice");
    Party& bob = network.add("bob");

    const SessionId call = alice.stack.invite(call_to(bob), network.now);
    const TimePoint start = network.now;
    const TimePoint cancel_at = start + std::chrono::milliseconds{cancel_ms}, answer_at = start + 100ms;
    if (cancel_at < answer_at) {
      network.run_until(cancel_at);
      alice.stack.cancel(call, network.now);
      network.run_until(answer_at);
      if (bob.session() != 0) bob.stack.answer(bob.session(), std::string{an_answer}, network.now);
    } else {
      network.run_until(answer_at);
      bob.stack.answer(bob.session(), std::string{an_answer}, network.now);
      network.run_until(cancel_at);
      alice.stack.cancel(call, network.now);
    }
    network.run_for(5min);

    EXPECT_EQ(alice.all<Stack::Ended>().size(), 1u);
    EXPECT_EQ(bob.all<Stack::Ended>().size(), bob.all<Stack::Incoming>().size());
    EXPECT_EQ(alice.stack.sessions() + bob.stack.sessions(), 0u);
    EXPECT_EQ(alice.stack.transactions() + bob.stack.transactions(), 0u);
    EXPECT_EQ(bob.stack.deadline(), TimePoint::max());
  }
}

TEST(StackCall, ComesAboutWithEachOfItsMessagesLostInTurn) {
  for (int lost = 0; lost < 12; ++lost) {
    SCOPED_TRACE(lost);
    Network network{{.lose_nth = lost}};
    Party& alice = network.add("alice");
    Party& bob = network.add("bob");
    answer_everything(network, bob);

    const SessionId call = alice.stack.invite(call_to(bob), network.now);
    network.run_for(10s);
    EXPECT_EQ(alice.all<Stack::Answered>().size(), 1u);
    EXPECT_EQ(bob.all<Stack::Acknowledged>().size(), 1u);
    alice.stack.bye(call, network.now);
    network.run_for(2min);

    EXPECT_EQ(bob.all<Stack::Incoming>().size(), 1u);
    ASSERT_EQ(bob.all<Stack::Ended>().size(), 1u);
    EXPECT_EQ(bob.last<Stack::Ended>()->reason, EndReason::bye);
    EXPECT_EQ(alice.stack.transactions() + bob.stack.transactions(), 0u);
  }
}

TEST(StackCall, SurvivesALossyNetworkThatDoublesAndReorders) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Network network{{.loss = 0.2, .duplication = 0.1, .delay = 30ms, .jitter = 200ms, .seed = seed}};
    Party& alice = network.add("alice");
    Party& bob = network.add("bob");
    answer_everything(network, bob);

    const SessionId call = alice.stack.invite(call_to(bob), network.now);
    network.run_for(25s);
    EXPECT_EQ(alice.all<Stack::Answered>().size(), 1u);
    EXPECT_EQ(bob.all<Stack::Incoming>().size(), 1u);
    (seed % 2 == 0 ? alice.stack.bye(call, network.now) : bob.stack.bye(bob.session(), network.now));
    network.run_for(10min);

    EXPECT_EQ(alice.all<Stack::Ended>().size(), 1u);
    EXPECT_EQ(bob.all<Stack::Ended>().size(), 1u);
    EXPECT_EQ(alice.stack.transactions() + bob.stack.transactions(), 0u);
  }
}

TEST(StackCall, IsHungUpWhenTheAckNeverComes) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  bob.user = [&](Stack::Output& output) {
    if (const auto* incoming = std::get_if<Stack::Incoming>(&output))
      bob.stack.answer(incoming->session, std::string{an_offer}, network.now);
  };
  InviteOptions options = call_to(bob);
  options.offer.reset();  // then it is for alice's user to acknowledge, who does not

  alice.stack.invite(std::move(options), network.now);
  network.run_for(40s);

  ASSERT_NE(bob.last<Stack::Ended>(), nullptr);
  EXPECT_EQ(bob.last<Stack::Ended>()->reason, EndReason::protocol);
  EXPECT_EQ(network.count("BYE "), 1);
  EXPECT_GE(network.count("SIP/2.0 200"), 10);  // the 2xx, again and again
}

TEST(StackCall, TakesTheOfferFromTheAnswerWhereTheInviteHadNone) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  answer_everything(network, alice);
  answer_everything(network, bob);
  InviteOptions options = call_to(bob);
  options.offer.reset();

  alice.stack.invite(std::move(options), network.now);
  network.run_for(1s);

  ASSERT_NE(alice.last<Stack::Answered>(), nullptr);
  EXPECT_TRUE(alice.last<Stack::Answered>()->is_offer);
  ASSERT_NE(bob.last<Stack::Acknowledged>(), nullptr);
  EXPECT_EQ(bob.last<Stack::Acknowledged>()->answer, an_answer);
}

TEST(StackCall, BeyondTheLimitIsRefusedWithRetryAfter) {
  Network network;
  Config small;
  small.limits.sessions = 1;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob", small);

  alice.stack.invite(call_to(bob), network.now);
  alice.stack.invite(call_to(bob), network.now);
  network.run_for(1s);

  EXPECT_EQ(bob.all<Stack::Incoming>().size(), 1u);
  ASSERT_NE(alice.last<Stack::Ended>(), nullptr);
  EXPECT_EQ(alice.last<Stack::Ended>()->status, 503);
  EXPECT_EQ(bob.stack.counters().refused_overload, 1u);
}

TEST(StackCall, OurOwnCallBeyondTheLimitEndsBeforeAnythingIsSent) {
  Network network;
  Config small;
  small.limits.sessions = 1;
  Party& alice = network.add("alice", small);
  Party& bob = network.add("bob");

  alice.stack.invite(call_to(bob), network.now);
  const SessionId refused = alice.stack.invite(call_to(bob), network.now);
  network.run_for(1s);

  EXPECT_EQ(bob.all<Stack::Incoming>().size(), 1u);
  ASSERT_NE(alice.last<Stack::Ended>(), nullptr);
  EXPECT_EQ(alice.last<Stack::Ended>()->session, refused);
  EXPECT_EQ(alice.last<Stack::Ended>()->status, 503);
  EXPECT_EQ(alice.stack.sessions(), 1u);
  EXPECT_EQ(alice.stack.counters().refused_overload, 1u);
}

TEST(StackCall, TriesTheNextAddressAfter503AndAfterSilence) {
  Network network;
  Config closed;
  Party& alice = network.add("alice");
  Party& full = network.add("full", closed);
  Party& bob = network.add("bob");
  full.stack.refuse_new(30s);
  answer_everything(network, bob);
  InviteOptions options = call_to(bob);
  options.flows = {{Transport::udp, {IpAddress::v4(0xC00002FE), 5060}, 0},  // nobody
                   {Transport::udp, full.at, 0},
                   {Transport::udp, bob.at, 0}};

  alice.stack.invite(std::move(options), network.now);
  network.run_for(1s);
  alice.stack.transport_failed({Transport::udp, {IpAddress::v4(0xC00002FE), 5060}, 0}, network.now);
  network.run_for(1s);

  EXPECT_NE(alice.last<Stack::Answered>(), nullptr);
  EXPECT_EQ(alice.last<Stack::Ended>(), nullptr);
}

TEST(StackCall, DoesNotTryTheNextAddressOnceItIsCancelled) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  InviteOptions options = call_to(bob);
  options.flows = {{Transport::udp, {IpAddress::v4(0xC00002FE), 5060}, 0}, {Transport::udp, bob.at, 0}};

  const SessionId call = alice.stack.invite(std::move(options), network.now);
  network.run_for(1s);
  alice.stack.cancel(call, network.now);
  network.run_for(2min);

  EXPECT_EQ(bob.last<Stack::Incoming>(), nullptr);
  EXPECT_EQ(alice.stack.transactions(), 0u);
}

TEST(StackCall, AsksWhereANameIsAndGoesThere) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  answer_everything(network, bob);
  InviteOptions options = call_to(bob);
  options.target = uri("sip:bob@bob.example.com;transport=udp");

  alice.stack.invite(std::move(options), network.now);
  network.run_for(1s);
  const auto* resolve = alice.last<Stack::Resolve>();
  ASSERT_NE(resolve, nullptr);
  EXPECT_EQ(resolve->target.host, "bob.example.com");
  alice.stack.resolved(resolve->query, {{Transport::udp, bob.at, 0}}, network.now);
  network.run_for(1s);

  EXPECT_NE(alice.last<Stack::Answered>(), nullptr);
}

TEST(StackCall, EndsWhereTheNameIsNotFound) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  InviteOptions options = call_to(bob);
  options.target = uri("sip:bob@nowhere.example.com");

  alice.stack.invite(std::move(options), network.now);
  network.flush();
  alice.stack.resolved(alice.last<Stack::Resolve>()->query, {}, network.now);
  network.flush();

  ASSERT_NE(alice.last<Stack::Ended>(), nullptr);
  EXPECT_EQ(alice.last<Stack::Ended>()->reason, EndReason::transport);
}

TEST(StackCall, GoesOnOverTcpAfterTheConnectionBroke) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  answer_everything(network, bob);
  const SessionId call = alice.stack.invite(call_to(bob, ";transport=tcp"), network.now);
  network.run_for(1s);
  ASSERT_NE(alice.last<Stack::Answered>(), nullptr);

  network.break_connections();
  alice.stack.bye(call, network.now);
  network.run_for(1s);

  ASSERT_NE(bob.last<Stack::Ended>(), nullptr);
  EXPECT_EQ(bob.last<Stack::Ended>()->reason, EndReason::bye);
}

TEST(StackCall, OverWebSocketTellsThatTheWayBackIsGone) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  answer_everything(network, bob);
  alice.stack.invite(call_to(bob, ";transport=ws"), network.now);
  network.run_for(1s);
  ASSERT_NE(alice.last<Stack::Answered>(), nullptr);

  network.break_connections();
  EXPECT_NE(bob.last<Stack::FlowLost>(), nullptr);
  EXPECT_EQ(bob.last<Stack::Ended>(), nullptr);

  bob.stack.bye(bob.session(), network.now);
  network.run_for(1min);
  EXPECT_EQ(bob.stack.sessions(), 0u);
}

TEST(StackCall, CostsLittle) {
  constexpr int calls = 10'000;
  Network network{{.delay = 1ms}};
  network.keep_sent = false;
  Config roomy;
  roomy.limits.sessions = 2 * calls;
  roomy.limits.transactions = 20 * calls;
  Party& alice = network.add("alice", roomy);
  Party& bob = network.add("bob", roomy);
  answer_everything(network, bob);
  const std::clock_t start = std::clock();  // processor time: the machine may be busy with others

  for (int i = 0; i < calls; ++i) {
    const SessionId call = alice.stack.invite(call_to(bob), network.now);
    network.run_for(10ms);
    alice.stack.bye(call, network.now);
    network.run_for(10ms);
    alice.events.clear();
    bob.events.clear();
  }

  const double each_us = 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / calls;
  RecordProperty("microseconds_per_call", std::to_string(each_us));
  std::cout << "set-up and tear-down through two stacks: " << each_us << " us a call\n";
  EXPECT_EQ(alice.stack.sessions() + bob.stack.sessions(), 0u);
}

}  // namespace
}  // namespace parley::sip::test
