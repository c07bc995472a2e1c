#include "protocol/ice/controlling_agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/ice/network_harness.hpp"
#include "protocol/stun/builder.hpp"

namespace parley::ice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Network;
using testing::Node;

const Credentials mine{"w00mmmmmmmmm", "mypasswordmypassword22"};
const Credentials mine_next{"w00nnnnnnnnn", "mynextpasswordnext2222"};
const Credentials theirs{"w01tttttttttt", "theirpasswordtheir2222"};
const Credentials theirs_next{"w01uuuuuuuuuu", "theirnextpassword22222"};
const Endpoint my_v4 = *Endpoint::parse("192.0.2.1:4000"), my_v6 = *Endpoint::parse("[2001:db8::1]:4000");
const Endpoint their_v4 = *Endpoint::parse("198.51.100.7:3478"), their_v6 = *Endpoint::parse("[2001:db8:7::7]:3478");

Candidate host(const Endpoint& address, std::uint16_t preference) {
  return {.priority = candidate_priority(CandidateType::host, Transport::udp, preference), .address = address};
}
const std::vector<Candidate> their_candidates{host(their_v6, 200), host(their_v4, 100)};

Node<ControllingAgent> controlling(std::uint64_t seed = 3, const Credentials& credentials = mine) {
  ControllingAgent::Config config{.local = credentials};
  config.sockets = {{0, host(my_v4, 100)}, {1, host(my_v6, 200)}};
  return {ControllingAgent{config, Random::seeded(seed), TimePoint{}}, {my_v4, my_v6}};
}
Node<ControllingAgent> full_peer(std::uint64_t seed = 4) {
  ControllingAgent::Config config{.local = theirs};
  config.sockets = {{0, host(their_v4, 100)}, {1, host(their_v6, 200)}};
  return {ControllingAgent{config, Random::seeded(seed), TimePoint{}}, {their_v4, their_v6}};
}
Node<LiteAgent> lite_peer() { return {LiteAgent{{.local = theirs}, TimePoint{}}, {their_v4, their_v6}}; }

using WithLite = Network<ControllingAgent, LiteAgent>;
using WithFull = Network<ControllingAgent, ControllingAgent>;

template <class SomeNetwork>
bool connect(SomeNetwork& network, Duration within = 5s) {
  network.a.agent.set_remote({theirs, their_candidates, std::is_same_v<SomeNetwork, WithLite>}, network.now);
  return network.run(within, [&] { return !network.a.selections.empty() && !network.b.selections.empty(); });
}

TEST(ControllingAgent, SelectsTheBestPairOfALitePeerWithinThreeRoundTrips) {
  WithLite network{controlling(), lite_peer()};

  ASSERT_TRUE(connect(network));

  EXPECT_THAT(network.a.selections, ElementsAre(Path{their_v6, 1}));
  EXPECT_THAT(network.b.selections, ElementsAre(Path{my_v6, 1}));
  EXPECT_LT(network.now - TimePoint{}, 100ms);
  EXPECT_EQ(network.b.agent.counters().role_conflict, 0u);
}

TEST(ControllingAgent, FallsBackToTheFamilyThatWorks) {
  WithLite network{controlling(), lite_peer()};
  network.blocked.insert({my_v6, their_v6});

  ASSERT_TRUE(connect(network));

  EXPECT_THAT(network.a.selections, ElementsAre(Path{their_v4, 0}));
  EXPECT_LT(network.now - TimePoint{}, 500ms);
}

TEST(ControllingAgent, ConnectsThroughHeavyLossWithEverySeed) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    WithLite network{controlling(seed), lite_peer(), seed};
    network.loss = 0.3;

    EXPECT_TRUE(connect(network, 35s)) << seed;
    EXPECT_FALSE(network.a.failed) << seed;
  }
}

TEST(ControllingAgent, KeepsConsentThroughLossForAnHour) {
  WithLite network{controlling(), lite_peer()};
  ASSERT_TRUE(connect(network));
  network.loss = 0.1;

  network.run(1h);

  EXPECT_FALSE(network.a.lost || network.b.lost);
  EXPECT_GT(network.a.agent.counters().consent_sent, 3600u / 6);
  EXPECT_LT(network.a.agent.counters().consent_sent, 3600u / 4);
}

TEST(ControllingAgent, BothSidesLoseConsentThirtySecondsAfterTheNetworkWent) {
  WithLite network{controlling(), lite_peer()};
  ASSERT_TRUE(connect(network));
  network.run(1min);
  network.loss = 1;
  const auto sent_before = network.a.sent;

  network.run(24s);
  EXPECT_FALSE(network.a.lost || network.b.lost);
  network.run(7s);
  EXPECT_TRUE(network.a.lost && network.b.lost);

  EXPECT_GE(network.a.sent - sent_before, 4u);
  EXPECT_EQ(network.a.agent.deadline(), TimePoint::max());
}

TEST(ControllingAgent, SurvivesAnOutageOfTwentySeconds) {
  WithLite network{controlling(), lite_peer()};
  ASSERT_TRUE(connect(network));
  network.loss = 1;
  network.run(20s);
  network.loss = 0;
  network.run(1min);

  EXPECT_FALSE(network.a.lost || network.b.lost);
}

TEST(ControllingAgent, FailsWhenNobodyAnswersAndSendsABoundedNumberOfChecks) {
  WithLite network{controlling(), lite_peer()};
  network.loss = 1;

  EXPECT_FALSE(connect(network, 2min));

  EXPECT_TRUE(network.a.failed);
  EXPECT_EQ(network.a.sent, 2u * 7u);  // two pairs, Rc transmissions of each
}

TEST(ControllingAgent, ResendsAtDoublingIntervals) {
  ControllingAgent::Config config{.local = mine};
  config.sockets = {{0, host(my_v4, 100)}};
  const TimePoint start{};
  ControllingAgent agent{config, Random::seeded(1), start};
  agent.set_remote({theirs, {host(their_v4, 100)}, true}, start);

  std::vector<Duration> sent_at;
  TimePoint now = start;
  for (bool failed = false; !failed; agent.advance(now)) {
    while (auto output = agent.poll()) {
      if (std::holds_alternative<ControllingAgent::Send>(*output)) sent_at.push_back(now - start);
      failed |= std::holds_alternative<ControllingAgent::Failed>(*output);
    }
    if (!failed) now = agent.deadline();
  }

  EXPECT_THAT(sent_at, ElementsAre(0ms, 500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms));
  EXPECT_EQ(now - start, 40s);
}

TEST(ControllingAgent, NewChecksKeepThePace) {
  auto node = controlling();
  std::vector<Candidate> many;
  for (std::uint16_t i = 1; i <= 100; ++i) many.push_back(host({their_v4.address, i}, i));
  node.agent.set_remote({theirs, many, true}, TimePoint{});

  std::vector<Duration> started;
  for (TimePoint now{}; now < TimePoint{450ms}; now = node.agent.deadline()) {
    node.agent.advance(now);
    while (node.agent.poll()) started.push_back(now - TimePoint{});
  }

  ASSERT_GE(started.size(), 9u);
  for (std::size_t i = 0; i < started.size(); ++i) EXPECT_EQ(started[i], i * 50ms);
  EXPECT_EQ(node.agent.counters().candidates_ignored, 100u - 32u);
}

TEST(ControllingAgent, RestartKeepsTheOldPairInUseUntilTheNewOneIsSelected) {
  WithLite network{controlling(), lite_peer()};
  ASSERT_TRUE(connect(network));
  network.run(10s);

  network.b.agent.restart(theirs_next, network.now);
  network.a.agent.restart(mine_next, network.now);
  network.run(20s);
  EXPECT_EQ(network.a.agent.selected(), (Path{their_v6, 1})) << "the answer is still on its way";
  network.blocked.insert({my_v6, their_v6});  // the network changed
  network.a.agent.set_remote({theirs_next, their_candidates, true}, network.now);
  network.run(2s);

  EXPECT_THAT(network.a.selections, ElementsAre(Path{their_v6, 1}, Path{their_v4, 0}));
  EXPECT_THAT(network.b.selections, ElementsAre(Path{my_v6, 1}, Path{my_v4, 0}));
  network.run(5min);
  EXPECT_FALSE(network.a.lost || network.b.lost || network.a.failed);
}

TEST(ControllingAgent, ARestartThatFailsLeavesTheOldPairInPeace) {
  WithLite network{controlling(), lite_peer()};
  ASSERT_TRUE(connect(network));

  network.a.agent.restart(mine_next, network.now);
  network.a.agent.set_remote({theirs_next, {host({their_v4.address, 9}, 1)}, true}, network.now);
  network.run(2min);

  EXPECT_FALSE(network.a.lost || network.a.failed || network.b.lost);
}

TEST(ControllingAgent, ARestartRevivesAnAgentThatLostConsent) {
  WithLite network{controlling(), lite_peer()};
  ASSERT_TRUE(connect(network));
  network.loss = 1;
  network.run(1min);
  ASSERT_TRUE(network.a.lost && network.b.lost);
  network.loss = 0;

  network.b.agent.restart(theirs_next, network.now);
  network.a.agent.restart(mine_next, network.now);
  network.a.agent.set_remote({theirs_next, their_candidates, true}, network.now);
  network.run(1s);

  EXPECT_EQ(network.a.selections.size(), 2u);
  EXPECT_EQ(network.b.selections.size(), 2u);
}

TEST(ControllingAgent, TwoThatControlSettleItByTheTieBreaker) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    WithFull network{controlling(seed), full_peer(seed + 100), seed};
    network.loss = seed % 2 == 0 ? 0.2 : 0;
    network.b.agent.set_remote({mine, {host(my_v6, 200), host(my_v4, 100)}, false}, network.now);

    ASSERT_TRUE(connect(network, 30s)) << seed;

    EXPECT_NE(network.a.agent.controlling(), network.b.agent.controlling()) << seed;
    network.run(1min);
    EXPECT_FALSE(network.a.lost || network.b.lost) << seed;
    EXPECT_EQ(network.a.agent.selected()->channel, network.b.agent.selected()->channel) << seed;
  }
}

TEST(ControllingAgent, LearnsThePeersAddressBehindANat) {
  const auto outside = *Endpoint::parse("203.0.113.9:61000");
  WithFull network{controlling(), full_peer(), 1};
  network.nat.emplace(their_v4, outside);
  network.a.agent.set_remote({theirs, {}, false}, network.now);  // nothing it could check by itself
  network.b.agent.set_remote({mine, {host(my_v4, 100)}, false}, network.now);

  ASSERT_TRUE(network.run(5s, [&] { return !network.a.selections.empty() && !network.b.selections.empty(); }));

  EXPECT_THAT(network.a.selections, ElementsAre(Path{outside, 0}));
}

TEST(ControllingAgent, ChecksThatComeBeforeTheAnswerAreNotLost) {
  WithFull network{controlling(), full_peer(), 1};
  network.b.agent.set_remote({mine, {host(my_v4, 100)}, false}, network.now);
  network.run(200ms);
  EXPECT_GT(network.a.agent.counters().answered, 0u);

  network.a.agent.set_remote({theirs, {}, false}, network.now);

  EXPECT_TRUE(network.run(2s, [&] { return !network.a.selections.empty() && !network.b.selections.empty(); }));
}

TEST(ControllingAgent, CandidatesMayTrickleIn) {
  WithLite network{controlling(), lite_peer()};
  network.a.agent.set_remote({theirs, {}, true}, network.now);
  network.run(3s);

  network.a.agent.add_candidate(host(their_v4, 100), network.now);

  EXPECT_TRUE(network.run(1s, [&] { return !network.a.selections.empty(); }));
}

TEST(ControllingAgent, IgnoresCandidatesItCannotUse) {
  auto node = controlling();
  auto tcp = host(their_v4, 1), rtcp = host(their_v4, 1);
  tcp.transport = Transport::tcp;
  rtcp.component = 2;

  node.agent.set_remote({theirs, {tcp, rtcp, host({their_v4.address, 0}, 1), host({IpAddress{}, 9}, 1)}, true}, {});

  EXPECT_EQ(node.agent.poll(), std::nullopt);
  EXPECT_EQ(node.agent.counters().candidates_ignored, 4u);
}

/// An agent with one check under way.
struct Checking {
  Checking() : node{controlling()} {
    node.agent.set_remote({theirs, {host(their_v4, 100)}, true}, now);
    const auto output = node.agent.poll();
    request = std::get<ControllingAgent::Send>(*output).datagram;
    id = stun::parse(request)->transaction_id;
  }
  std::vector<Path> selections() {
    node.agent.advance(now + 1s);
    std::vector<Path> paths;
    while (auto output = node.agent.poll())
      if (auto* selected = std::get_if<ControllingAgent::Selected>(&*output)) paths.push_back(selected->path);
    return paths;
  }
  stun::Builder success() const {
    stun::Builder builder{stun::Class::success, id};
    builder.xor_mapped_address(my_v4);
    return builder;
  }

  TimePoint now{};
  Node<ControllingAgent> node;
  std::vector<std::byte> request;
  stun::TransactionId id{};
  Path path{their_v4, 0};
};

TEST(ControllingAgent, ItsChecksSayWhatTheRfcAsksFor) {
  const Checking checking;
  const auto message = stun::parse(checking.request);
  const auto contents = stun::read(*message);

  EXPECT_EQ(contents.username, theirs.ufrag + ":" + mine.ufrag);
  EXPECT_TRUE(contents.ice_controlling);
  EXPECT_FALSE(contents.use_candidate);
  EXPECT_EQ(contents.priority, candidate_priority(CandidateType::peer_reflexive, Transport::udp, 100));
  EXPECT_TRUE(stun::verify_integrity(*message, theirs.pwd));
  EXPECT_TRUE(stun::verify_fingerprint(*message));
}

TEST(ControllingAgent, ForgedResponsesCountAndChangeNothing) {
  Checking checking;
  auto& agent = checking.node.agent;

  agent.receive(checking.path, checking.success().finish("wrong password"), checking.now);
  agent.receive(checking.path, checking.success().finish(), checking.now);
  agent.receive(checking.path, stun::Builder{stun::Class::success, {}}.finish(theirs.pwd), checking.now);
  agent.receive(checking.path, stun::Builder{stun::Class::error, checking.id}.finish(theirs.pwd), checking.now);

  EXPECT_EQ(agent.counters().unmatched_response, 4u);
  agent.receive(checking.path, checking.success().finish(theirs.pwd), checking.now);
  EXPECT_EQ(agent.counters().unmatched_response, 4u);
  EXPECT_EQ(agent.counters().checks_sent, 2u) << "the pair works and is nominated";
}

TEST(ControllingAgent, AnAnswerFromAnotherAddressFailsThePair) {
  Checking checking;

  checking.node.agent.receive({their_v6, 0}, checking.success().finish(theirs.pwd), checking.now);

  EXPECT_THAT(checking.selections(), IsEmpty());
  EXPECT_EQ(checking.node.agent.counters().checks_sent, 1u);
}

TEST(ControllingAgent, ALitePeerCannotMakeItGiveUpControl) {
  Checking checking;

  checking.node.agent.receive(checking.path,
                              stun::Builder{stun::Class::error, checking.id}.error_code(487, "").finish(theirs.pwd),
                              checking.now);

  EXPECT_TRUE(checking.node.agent.controlling());
}

TEST(ControllingAgent, RequestsOfStrangersAreRefusedAndLearnNothing) {
  Checking checking;
  auto& agent = checking.node.agent;
  const Path stranger{*Endpoint::parse("203.0.113.66:6"), 0};

  for (int i = 0; i < 100; ++i) {
    agent.receive(stranger, stun::Builder{stun::Class::request, {}}.finish(), checking.now);
    agent.receive(stranger, stun::Builder{stun::Class::request, {}}.username("a:b").finish("guess"), checking.now);
    agent.receive(stranger, as_bytes("garbage"), checking.now);
  }

  std::size_t answers = 0;
  while (auto output = agent.poll()) answers += std::get<ControllingAgent::Send>(*output).to == stranger;
  EXPECT_EQ(answers, 20u);
  EXPECT_EQ(agent.counters().bad_request, 100u);
  EXPECT_EQ(agent.counters().unauthorized, 100u);
  EXPECT_EQ(agent.counters().not_stun, 100u);
  EXPECT_EQ(agent.counters().over_rate, 180u);
}

TEST(ControllingAgent, APeerThatChecksFromEverywhereFillsOnlyTheList) {
  Checking checking;
  auto& agent = checking.node.agent;
  auto random = Random::seeded(5);

  for (std::uint16_t port = 1; port < 1'000; ++port)
    agent.receive({{their_v4.address, port}, 0},
                  stun::Builder{stun::Class::request, stun::make_transaction_id(random)}
                      .username(mine.ufrag + ":x")
                      .priority(1)
                      .finish(mine.pwd),
                  checking.now);

  EXPECT_EQ(agent.counters().answered, 400u);
  EXPECT_EQ(agent.counters().over_rate, 599u);
  EXPECT_EQ(agent.counters().candidates_ignored, 400u - 31u);
}

}  // namespace
}  // namespace parley::ice
