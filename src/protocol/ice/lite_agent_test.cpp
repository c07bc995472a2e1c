#include "protocol/ice/lite_agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/stun/builder.hpp"

namespace parley::ice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Credentials ours{"w00aaaaaaaaa", "ourpasswordourpassword"};
const Credentials newer{"w00bbbbbbbbb", "newpasswordnewpassword"};
const Path wifi{*Endpoint::parse("192.0.2.1:1000"), 0};
const Path mobile{*Endpoint::parse("198.51.100.2:2000"), 0};
const Path over_tcp{*Endpoint::parse("192.0.2.1:3000"), 7};

struct Request {
  Credentials credentials = ours;
  bool use_candidate = false;
  std::uint32_t priority = 100;
  bool controlled = false;
  std::optional<std::uint16_t> unknown{};
};

class Peer {
 public:
  explicit Peer(LiteAgent::Config config = {.local = ours}) : agent{std::move(config), now} { outputs(); }

  /// What the agent answers: 0 for success, the error's code, −1 for nothing.
  int check(const Path& from, const Request& request = {}) {
    stun::Builder builder{stun::Class::request, stun::make_transaction_id(random)};
    builder.username(request.credentials.ufrag + ":them").priority(request.priority);
    if (request.controlled) builder.ice_controlled(1);
    else builder.ice_controlling(1);
    if (request.use_candidate) builder.use_candidate();
    if (request.unknown) builder.attribute(*request.unknown, {});
    return raw(from, builder.finish(request.credentials.pwd), request.credentials.pwd);
  }
  int nominate(const Path& from, std::uint32_t priority = 100) {
    return check(from, {.use_candidate = true, .priority = priority});
  }

  int raw(const Path& from, std::span<const std::byte> datagram, std::string_view pwd = ours.pwd) {
    agent.receive(from, datagram, now);
    outputs();
    if (sent.empty()) return -1;
    const auto answer = std::move(sent.back());
    sent.clear();
    EXPECT_EQ(answer.to, from);
    const auto message = stun::parse(answer.datagram);
    if (!message) return -2;
    const auto contents = stun::read(*message);
    EXPECT_TRUE(stun::verify_fingerprint(*message));
    if (message->message_class == stun::Class::error) return contents.error_code->code;
    EXPECT_TRUE(stun::verify_integrity(*message, pwd));
    EXPECT_EQ(contents.xor_mapped_address, from.remote);
    return 0;
  }

  void pass(Duration time) {
    now += time;
    agent.advance(now);
    outputs();
  }

  void outputs() {
    while (auto output = agent.poll()) {
      if (auto* send = std::get_if<LiteAgent::Send>(&*output)) sent.push_back(std::move(*send));
      else if (auto* added = std::get_if<LiteAgent::PathAdded>(&*output)) paths.push_back(added->path);
      else if (auto* removed = std::get_if<LiteAgent::PathRemoved>(&*output)) std::erase(paths, removed->path);
      else if (auto* selected = std::get_if<LiteAgent::Selected>(&*output)) selections.push_back(selected->path);
      else lost = true;
    }
  }

  TimePoint now{};
  Random random = Random::seeded(7);
  LiteAgent agent;
  std::vector<LiteAgent::Send> sent;
  std::vector<Path> paths, selections;
  bool lost = false;
};

TEST(LiteAgent, AnswersAnAuthenticatedCheckAndLearnsItsPath) {
  Peer peer;

  EXPECT_EQ(peer.check(wifi), 0);

  EXPECT_THAT(peer.paths, ElementsAre(wifi));
  EXPECT_THAT(peer.selections, IsEmpty());
  EXPECT_TRUE(peer.agent.knows(wifi));
  EXPECT_EQ(peer.agent.counters().answered, 1u);
}

TEST(LiteAgent, RefusesAsTheRfcSaysAndLearnsNothing) {
  Peer peer;
  const stun::TransactionId id{};

  EXPECT_EQ(peer.raw(wifi, stun::Builder{stun::Class::request, id}.finish()), 400);
  EXPECT_EQ(peer.raw(wifi, stun::Builder{stun::Class::request, id}.username("w00aaaaaaaaa:x").finish()), 400);
  EXPECT_EQ(peer.raw(wifi, stun::Builder{stun::Class::request, id}.finish(ours.pwd)), 400);
  EXPECT_EQ(peer.check(wifi, {.credentials = {ours.ufrag, newer.pwd}}), 401);
  EXPECT_EQ(peer.check(wifi, {.credentials = {newer.ufrag, ours.pwd}}), 401);
  EXPECT_EQ(peer.raw(wifi, stun::Builder{stun::Class::request, id}.username("w00aaaaaaaaa").finish(ours.pwd)), 401);
  EXPECT_EQ(peer.check(wifi, {.use_candidate = true, .unknown = 0x7777}), 420);
  EXPECT_EQ(peer.check(wifi, {.use_candidate = true, .controlled = true}), 487);

  EXPECT_THAT(peer.paths, IsEmpty());
  EXPECT_THAT(peer.selections, IsEmpty());
  EXPECT_EQ(peer.agent.counters().bad_request, 3u);
  EXPECT_EQ(peer.agent.counters().unauthorized, 3u);
  EXPECT_EQ(peer.agent.counters().unknown_attribute, 1u);
  EXPECT_EQ(peer.agent.counters().role_conflict, 1u);
}

TEST(LiteAgent, DropsWhatIsNoRequest) {
  Peer peer;
  auto forged = stun::Builder{stun::Class::request, {}}.username("w00aaaaaaaaa:x").finish(ours.pwd);
  forged.back() ^= std::byte{1};

  EXPECT_EQ(peer.raw(wifi, as_bytes("hello")), -1);
  EXPECT_EQ(peer.raw(wifi, stun::Builder{stun::Class::success, {}}.finish(ours.pwd)), -1);
  EXPECT_EQ(peer.raw(wifi, stun::Builder{stun::Class::indication, {}}.finish(ours.pwd)), -1);
  EXPECT_EQ(peer.raw(wifi, forged), -1);

  EXPECT_EQ(peer.agent.counters().not_stun, 1u);
  EXPECT_EQ(peer.agent.counters().not_a_request, 2u);
  EXPECT_EQ(peer.agent.counters().bad_fingerprint, 1u);
}

TEST(LiteAgent, StrangersGetFewErrorsAndNoneOfThePeersAnswers) {
  Peer peer;
  int errors = 0;
  for (int i = 0; i < 1'000; ++i) errors += peer.check(mobile, {.credentials = newer}) == 401;

  EXPECT_EQ(errors, 20);
  EXPECT_EQ(peer.check(wifi), 0);
  EXPECT_EQ(peer.agent.counters().over_rate, 980u);

  peer.pass(1s);
  EXPECT_EQ(peer.check(mobile, {.credentials = newer}), 401);
}

TEST(LiteAgent, ANominationSelectsAndALaterOneMoves) {
  Peer peer;
  peer.nominate(wifi);
  peer.nominate(wifi);
  peer.pass(10s);
  peer.nominate(mobile, 50);  // regular nomination of a worse path: the better one is gone
  peer.pass(10s);
  peer.nominate(wifi);

  EXPECT_THAT(peer.selections, ElementsAre(wifi, mobile, wifi));
}

TEST(LiteAgent, OfPathsThatAreAllNominatedAgainAndAgainTheBestCounts) {
  Peer peer;

  for (int i = 0; i < 20; ++i) {  // aggressive nomination
    peer.nominate(mobile, 50);
    peer.nominate(wifi, 100);
    peer.pass(500ms);
  }
  EXPECT_EQ(peer.selections.back(), wifi);
  EXPECT_LE(peer.selections.size(), 2u);

  for (int i = 0; i < 8; ++i) {  // the better one falls silent
    peer.nominate(mobile, 50);
    peer.pass(500ms);
  }
  EXPECT_EQ(peer.selections.back(), mobile);
}

TEST(LiteAgent, ConsentIsLostAfterThirtySecondsWithoutACheck) {
  Peer peer;
  peer.nominate(wifi);
  peer.pass(29s);
  peer.check(wifi);
  EXPECT_EQ(peer.agent.deadline() - peer.now, 30s);

  peer.pass(30s - 1ms);
  EXPECT_FALSE(peer.lost);
  peer.pass(1ms);

  EXPECT_TRUE(peer.lost);
  EXPECT_EQ(peer.agent.deadline(), TimePoint::max());
  EXPECT_EQ(peer.check(wifi), -1) << "nothing may be sent any more";
  EXPECT_EQ(peer.agent.counters().without_consent, 1u);
}

TEST(LiteAgent, AStrangerDoesNotKeepConsentAlive) {
  Peer peer;
  peer.nominate(wifi);

  for (int i = 0; i < 30; ++i) {
    peer.check(wifi, {.credentials = {ours.ufrag, newer.pwd}});
    peer.pass(1s);
  }

  EXPECT_TRUE(peer.lost);
}

TEST(LiteAgent, APeerThatGotANewAddressWithoutNoticingIsFollowed) {
  Peer peer;
  peer.nominate(wifi);
  for (int i = 0; i < 12; ++i) {
    peer.pass(5s);
    peer.check(mobile);  // consent checks of a peer that nominates once
  }

  EXPECT_THAT(peer.selections, ElementsAre(wifi, mobile));
  EXPECT_FALSE(peer.lost);
}

TEST(LiteAgent, ARestartUsesTheOldPathUntilTheNewOneIsNominated) {
  Peer peer;
  peer.nominate(wifi);
  peer.agent.restart(newer, peer.now);

  EXPECT_EQ(peer.check(wifi), 0) << "old credentials are answered";
  EXPECT_EQ(peer.agent.selected(), wifi);
  EXPECT_EQ(peer.check(mobile, {.credentials = newer}), 0);
  EXPECT_EQ(peer.agent.selected(), wifi) << "a check is no nomination";

  EXPECT_EQ(peer.check(mobile, {.credentials = newer, .use_candidate = true, .priority = 1}), 0);

  EXPECT_EQ(peer.agent.selected(), mobile);
  EXPECT_THAT(peer.paths, ElementsAre(mobile)) << "the old path went";
  EXPECT_EQ(peer.check(wifi), 401) << "and so did the old credentials";
}

TEST(LiteAgent, ARestartOnTheSamePathKeepsIt) {
  Peer peer;
  peer.nominate(wifi);
  peer.agent.restart(newer, peer.now);

  peer.check(wifi, {.credentials = newer, .use_candidate = true});

  EXPECT_THAT(peer.paths, ElementsAre(wifi));
  EXPECT_THAT(peer.selections, ElementsAre(wifi));
}

TEST(LiteAgent, ARestartRevivesWhatHadLostConsentWithoutTheOldCredentials) {
  Peer peer;
  peer.nominate(wifi);
  peer.pass(31s);
  ASSERT_TRUE(peer.lost);

  peer.agent.restart(newer, peer.now);

  EXPECT_EQ(peer.agent.selected(), std::nullopt);
  EXPECT_EQ(peer.check(wifi), 401);
  EXPECT_EQ(peer.check(mobile, {.credentials = newer, .use_candidate = true}), 0);
  EXPECT_EQ(peer.agent.selected(), mobile);
  EXPECT_EQ(peer.agent.deadline() - peer.now, 30s);
}

TEST(LiteAgent, RemembersABoundedNumberOfPathsAndNeverForgetsTheSelected) {
  Peer peer{{.local = ours, .max_paths = 4}};
  peer.nominate(wifi);
  for (std::uint16_t port = 1; port <= 50; ++port) {
    peer.pass(10ms);
    peer.check({{wifi.remote.address, port}, 0});
  }

  EXPECT_EQ(peer.paths.size(), 4u);
  EXPECT_TRUE(peer.agent.knows(wifi));
  EXPECT_TRUE(peer.agent.knows({{wifi.remote.address, 50}, 0}));
}

TEST(LiteAgent, AClosedConnectionTakesItsPathsAlong) {
  Peer peer;
  peer.check(wifi);
  peer.nominate(over_tcp);

  peer.agent.channel_closed(over_tcp.channel, peer.now);
  peer.outputs();

  EXPECT_EQ(peer.agent.selected(), std::nullopt);
  EXPECT_THAT(peer.paths, ElementsAre(wifi));
  peer.nominate(wifi);
  EXPECT_THAT(peer.selections, ElementsAre(over_tcp, wifi));
}

}  // namespace
}  // namespace parley::ice
