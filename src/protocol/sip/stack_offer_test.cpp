// Sessions that change: re-INVITE, UPDATE, PRACK, glare, session timers, REFER, DTMF.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/sip/stack_harness.hpp"

namespace parley::sip::test {
namespace {

/// A call between two stacks that answer everything.
struct Call {
  explicit Call(Conditions conditions = {}, Config config = {})
      : network{conditions}, alice{network.add("alice", config)}, bob{network.add("bob", config)} {
    answer_everything(network, alice);
    answer_everything(network, bob);
    at_alice = alice.stack.invite(call_to(bob), network.now);
    network.run_for(3s);
    at_bob = bob.session();
  }
  Network network;
  Party& alice;
  Party& bob;
  SessionId at_alice = 0, at_bob = 0;
};

constexpr std::string_view held =
    "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendonly\r\n";

TEST(StackOffer, IsMadeByReinviteInACallAndAnsweredEitherWay) {
  Call call;

  EXPECT_TRUE(call.alice.stack.offer(call.at_alice, std::string{held}, call.network.now));
  call.network.run_for(1s);
  ASSERT_NE(call.bob.last<Stack::OfferReceived>(), nullptr);
  EXPECT_EQ(call.bob.last<Stack::OfferReceived>()->sdp, held);
  EXPECT_EQ(call.bob.last<Stack::OfferReceived>()->via, OfferPath::reinvite);
  ASSERT_NE(call.alice.last<Stack::AnswerReceived>(), nullptr);
  EXPECT_EQ(call.alice.last<Stack::AnswerReceived>()->sdp, an_answer);

  EXPECT_TRUE(call.bob.stack.offer(call.at_bob, std::string{an_offer}, call.network.now));
  call.network.run_for(1s);
  EXPECT_NE(call.bob.last<Stack::AnswerReceived>(), nullptr);
  EXPECT_EQ(call.network.count("ACK "), 3);
}

TEST(StackOffer, ComesThroughWithEachOfItsMessagesLostInTurn) {
  for (int lost = 4; lost < 12; ++lost) {
    SCOPED_TRACE(lost);
    Call call{{.lose_nth = lost}};
    call.alice.stack.offer(call.at_alice, std::string{held}, call.network.now);
    call.network.run_for(10s);
    EXPECT_EQ(call.bob.all<Stack::OfferReceived>().size(), 1u);
    EXPECT_EQ(call.alice.all<Stack::AnswerReceived>().size(), 1u);
    EXPECT_EQ(call.alice.last<Stack::Ended>(), nullptr);
    EXPECT_EQ(call.bob.last<Stack::Ended>(), nullptr);
  }
}

TEST(StackOffer, ThatIsRefusedLeavesTheCallAsItWas) {
  Call call;
  call.bob.user = [&](Stack::Output& output) {
    if (const auto* offer = std::get_if<Stack::OfferReceived>(&output))
      call.bob.stack.refuse_offer(offer->session, 488, {}, call.network.now);
  };

  call.alice.stack.offer(call.at_alice, std::string{held}, call.network.now);
  call.network.run_for(1s);

  ASSERT_NE(call.alice.last<Stack::OfferRefused>(), nullptr);
  EXPECT_EQ(call.alice.last<Stack::OfferRefused>()->status, 488);
  EXPECT_EQ(call.alice.stack.sessions() + call.bob.stack.sessions(), 2u);
  EXPECT_TRUE(call.alice.stack.offer(call.at_alice, std::string{an_offer}, call.network.now));
}

TEST(StackOffer, FromBothAtOnceIsRetriedUntilBothAreAnswered) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Call call{{.seed = seed}};
    EXPECT_TRUE(call.alice.stack.offer(call.at_alice, std::string{held}, call.network.now));
    EXPECT_TRUE(call.bob.stack.offer(call.at_bob, std::string{an_offer}, call.network.now));
    call.network.run_for(20s);

    EXPECT_EQ(call.alice.all<Stack::AnswerReceived>().size(), 1u);
    EXPECT_EQ(call.bob.all<Stack::AnswerReceived>().size(), 1u);
    EXPECT_GE(call.alice.stack.counters().glares, 1u);
    EXPECT_EQ(call.alice.all<Stack::OfferRefused>().size() + call.bob.all<Stack::OfferRefused>().size(), 0u);
  }
}

TEST(StackProvisional, IsRepeatedUntilItsPrackAndCarriesTheAnswer) {
  for (int lost = -1; lost < 10; ++lost) {
    SCOPED_TRACE(lost);
    Network network{{.lose_nth = lost}};
    Party& alice = network.add("alice");
    Party& bob = network.add("bob");
    alice.stack.invite(call_to(bob), network.now);
    network.run_for(2s);

    EXPECT_TRUE(bob.stack.ring(bob.session(), 183, std::string{an_answer}, true, network.now));
    network.run_for(3s);
    ASSERT_EQ(alice.all<Stack::Progress>().size(), 1u);
    EXPECT_EQ(alice.last<Stack::Progress>()->sdp, an_answer);
    EXPECT_GE(network.count("PRACK "), 1);
    EXPECT_TRUE(bob.stack.answer(bob.session(), std::string{an_answer}, network.now));
    network.run_for(10s);

    ASSERT_EQ(alice.all<Stack::Answered>().size(), 1u);
    EXPECT_EQ(alice.last<Stack::Answered>()->sdp, std::nullopt);
    EXPECT_EQ(bob.all<Stack::Acknowledged>().size(), 1u);
  }
}

TEST(StackProvisional, HoldsTheAnswerBackUntilThePrackCame) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  alice.stack.invite(call_to(bob), network.now);
  network.run_for(100ms);

  bob.stack.ring(bob.session(), 183, std::string{an_answer}, true, network.now);
  EXPECT_TRUE(bob.stack.answer(bob.session(), std::string{an_answer}, network.now));
  network.flush();
  EXPECT_EQ(network.count("SIP/2.0 200"), 0);
  network.run_for(1s);

  EXPECT_NE(alice.last<Stack::Answered>(), nullptr);
}

TEST(StackProvisional, OffersAndIsAnsweredInThePrackWhereTheInviteHadNoOffer) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  answer_everything(network, alice);
  InviteOptions options = call_to(bob);
  options.offer.reset();
  alice.stack.invite(std::move(options), network.now);
  network.run_for(100ms);

  bob.stack.ring(bob.session(), 183, std::string{an_offer}, true, network.now);
  network.run_for(1s);

  ASSERT_NE(alice.last<Stack::OfferReceived>(), nullptr);
  EXPECT_EQ(alice.last<Stack::OfferReceived>()->via, OfferPath::provisional);
  ASSERT_NE(bob.last<Stack::AnswerReceived>(), nullptr);
  EXPECT_EQ(bob.last<Stack::AnswerReceived>()->sdp, an_answer);
}

TEST(StackProvisional, EndsTheCallWhenNoPrackComes) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  InviteOptions options = call_to(bob);
  options.offer.reset();  // alice's user owes the answer and does not give it
  alice.stack.invite(std::move(options), network.now);
  network.run_for(100ms);

  bob.stack.ring(bob.session(), 183, std::string{an_offer}, true, network.now);
  network.run_for(40s);

  ASSERT_NE(bob.last<Stack::Ended>(), nullptr);
  EXPECT_EQ(bob.last<Stack::Ended>()->reason, EndReason::protocol);
  EXPECT_EQ(alice.last<Stack::Ended>()->status, 504);
}

TEST(StackOffer, InAnEarlyDialogGoesByUpdate) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  const SessionId call = alice.stack.invite(call_to(bob), network.now);
  network.run_for(100ms);
  bob.stack.ring(bob.session(), 183, std::string{an_answer}, true, network.now);
  network.run_for(1s);
  answer_everything(network, alice);
  answer_everything(network, bob);

  EXPECT_TRUE(alice.stack.offer(call, std::string{held}, network.now));
  network.run_for(1s);

  ASSERT_NE(bob.last<Stack::OfferReceived>(), nullptr);
  EXPECT_EQ(bob.last<Stack::OfferReceived>()->via, OfferPath::update);
  EXPECT_NE(alice.last<Stack::AnswerReceived>(), nullptr);
  EXPECT_EQ(network.count("UPDATE "), 1);
}

TEST(StackInterval, KeepsACallAliveByRefreshes) {
  Config config;
  config.session_timer.expires = 120s;
  Call call{{}, config};

  call.network.run_for(10min);

  EXPECT_GE(call.network.count("UPDATE "), 9);
  EXPECT_EQ(call.alice.stack.sessions() + call.bob.stack.sessions(), 2u);
}

TEST(StackInterval, EndsACallWhoseOtherEndIsGone) {
  Config config;
  config.session_timer.expires = 120s;
  Network network;
  Party& alice = network.add("alice", config);
  Party& bob = network.add("bob", config);
  answer_everything(network, bob);
  alice.stack.invite(call_to(bob), network.now);
  network.run_for(1s);
  ASSERT_EQ(bob.stack.sessions(), 1u);

  // Only bob's clock goes on.
  for (int i = 0; i < 400 && bob.last<Stack::Ended>() == nullptr; ++i) {
    network.now += 1s;
    if (bob.stack.deadline() <= network.now) bob.stack.advance(network.now);
    while (auto output = bob.stack.poll()) bob.events.push_back(*output);
  }

  ASSERT_NE(bob.last<Stack::Ended>(), nullptr);
  EXPECT_EQ(bob.last<Stack::Ended>()->reason, EndReason::session_expired);
}

TEST(StackInterval, TooShortIsRefusedAndAskedForAgain) {
  Config hasty, patient;
  hasty.session_timer.expires = 90s;
  patient.session_timer.min_se = 300s;
  Network network;
  Party& alice = network.add("alice", hasty);
  Party& bob = network.add("bob", patient);
  answer_everything(network, bob);

  alice.stack.invite(call_to(bob), network.now);
  network.run_for(1s);

  EXPECT_EQ(network.count("SIP/2.0 422"), 1);
  EXPECT_NE(alice.last<Stack::Answered>(), nullptr);
}

TEST(StackRefer, IsReportedUntilTheTransferIsDone) {
  Call call;
  const Uri target = uri("sip:carol@192.0.2.9");
  const Replaces replaces{"other@call", "their-tag", "our-tag", false};

  EXPECT_TRUE(call.alice.stack.refer(call.at_alice, target, replaces, call.network.now));
  call.network.run_for(1s);
  const auto* received = call.bob.last<Stack::ReferReceived>();
  ASSERT_NE(received, nullptr);
  EXPECT_EQ(received->refer_to.to_string(), "sip:carol@192.0.2.9");
  ASSERT_TRUE(received->replaces);
  EXPECT_EQ(received->replaces->to_string(), replaces.to_string());
  EXPECT_TRUE(call.bob.stack.accept_refer(call.at_bob, call.network.now));
  call.network.run_for(1s);
  EXPECT_EQ(call.alice.last<Stack::ReferProgress>()->status, 100);
  EXPECT_TRUE(call.bob.stack.notify_refer(call.at_bob, 200, "OK", true, call.network.now));
  call.network.run_for(1s);

  EXPECT_EQ(call.alice.last<Stack::ReferProgress>()->status, 200);
  EXPECT_TRUE(call.alice.last<Stack::ReferProgress>()->final);
  EXPECT_FALSE(call.bob.stack.notify_refer(call.at_bob, 200, "OK", true, call.network.now));
}

TEST(StackRefer, ThatIsRefusedIsTold) {
  Call call;
  call.alice.stack.refer(call.at_alice, uri("sip:carol@192.0.2.9"), std::nullopt, call.network.now);
  call.network.run_for(1s);

  call.bob.stack.refuse_refer(call.at_bob, 403, {}, call.network.now);
  call.network.run_for(1s);

  ASSERT_NE(call.alice.last<Stack::ReferProgress>(), nullptr);
  EXPECT_EQ(call.alice.last<Stack::ReferProgress>()->status, 403);
  EXPECT_TRUE(call.alice.last<Stack::ReferProgress>()->final);
}

TEST(StackRefer, FindsTheSessionThatAReplacesMeans) {
  Call call;

  const auto named = call.alice.stack.replaces_for(call.at_alice);

  ASSERT_TRUE(named);
  EXPECT_EQ(call.bob.stack.find(*named), call.at_bob);
  EXPECT_EQ(call.bob.stack.find({named->call_id, named->to_tag, "guess", false}), std::nullopt);
}

TEST(StackInfo, CarriesKeysBothWays) {
  Call call;

  EXPECT_TRUE(call.alice.stack.info_dtmf(call.at_alice, '#', 200ms, call.network.now));
  EXPECT_FALSE(call.alice.stack.info_dtmf(call.at_alice, 'x', 200ms, call.network.now));
  call.network.run_for(1s);

  ASSERT_EQ(call.bob.all<Stack::DtmfReceived>().size(), 1u);
  EXPECT_EQ(call.bob.last<Stack::DtmfReceived>()->digit, '#');
  EXPECT_EQ(call.bob.last<Stack::DtmfReceived>()->duration, 200ms);
}

}  // namespace
}  // namespace parley::sip::test
