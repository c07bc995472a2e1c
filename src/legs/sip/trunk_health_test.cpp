#include "legs/sip/trunk_health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::legs {
namespace {

using ::testing::ElementsAre;

struct TrunkHealthTest : ::testing::Test {
  TimePoint now = TimePoint{} + 1h;
  TrunkHealth health{{{.name = "carrier", .peers = {"sip:a", "sip:b"}, .interval = 40s}}, now};
  std::vector<std::string> said;

  /// What is wanted: `?0` asks the first peer, `+0` says that it is up, `-0` that it is down.
  std::vector<std::string> wanted() {
    std::vector<std::string> all;
    while (auto output = health.poll()) {
      if (const auto* ask = std::get_if<TrunkHealth::Ask>(&*output)) all.push_back("?" + std::to_string(ask->peer));
      else {
        const auto& changed = std::get<TrunkHealth::Changed>(*output);
        all.push_back((changed.up ? "+" : "-") + std::to_string(changed.peer));
      }
    }
    return all;
  }
  void answer(std::size_t peer, int status) { health.answered(0, peer, status, now); }
  /// Goes to the next question, which is of that peer, and answers it.
  void next(std::size_t peer, int status) {
    now = health.deadline();
    health.advance(now);
    answer(peer, status);
  }
};

TEST_F(TrunkHealthTest, EveryPeerIsAskedAtTheStartAndThenAtTheInterval) {
  EXPECT_THAT(wanted(), ElementsAre("?0", "?1"));
  answer(0, 200);
  answer(1, 200);

  EXPECT_EQ(health.deadline(), now + 40s);
  now += 40s;
  health.advance(now);
  EXPECT_THAT(wanted(), ElementsAre("?0", "?1"));
}

TEST_F(TrunkHealthTest, APeerThatSaysNothingHasFailed) {
  answer(1, 200);
  EXPECT_EQ(health.deadline(), now + 5s);

  for (int i = 0; i < 3; ++i) {  // gives up, asks again, gives up
    now = health.deadline();
    health.advance(now);
  }

  EXPECT_FALSE(health.up(0, 0));
  answer(0, 200);
  EXPECT_FALSE(health.up(0, 0)) << "too late to be the answer of a question";
}

TEST_F(TrunkHealthTest, TwoFailuresInARowAreAnOutageAndOneAnswerEndsIt) {
  answer(1, 200);
  answer(0, 408);
  wanted();
  EXPECT_TRUE(health.up(0, 0)) << "a lost datagram is none";
  EXPECT_EQ(health.deadline(), now + 10s) << "doubt is settled soon";

  next(0, 503);
  EXPECT_THAT(wanted(), ElementsAre("?0", "-0"));
  EXPECT_THAT(health.order(0), ElementsAre("sip:b", "sip:a"));

  next(0, 200);
  EXPECT_THAT(wanted(), ElementsAre("?0", "+0"));
  EXPECT_THAT(health.order(0), ElementsAre("sip:a", "sip:b"));
}

TEST_F(TrunkHealthTest, WhoRefusesOptionsIsThere) {
  answer(1, 200);
  answer(0, 405);
  next(0, 404);
  next(1, 200);

  EXPECT_TRUE(health.up(0, 0));
}

TEST_F(TrunkHealthTest, AnAnswerThatNobodyAskedForChangesNothing) {
  answer(0, 200);
  for (int i = 0; i < 5; ++i) answer(0, 503);

  EXPECT_TRUE(health.up(0, 0));
}

TEST(TrunkHealth, WhoIsNotAskedIsUp) {
  TrunkHealth health{{{.name = "quiet", .peers = {"sip:a"}, .interval = 0s}}, TimePoint{}};

  EXPECT_FALSE(health.poll());
  EXPECT_EQ(health.deadline(), TimePoint::max());
  EXPECT_TRUE(health.up(0, 0));
}

}  // namespace
}  // namespace parley::legs
