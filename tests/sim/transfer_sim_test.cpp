// Callers on their way to an agent, over real signalling and media: who hears whom, and who is left when two things
// happen in one instant.
#include <gmock/gmock.h>

#include <cmath>

#include "sim/sim_fixture.hpp"

namespace parley::sim {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::int16_t> sine(double hertz, double seconds, double level = 0.25) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(8'000 * seconds));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] =
        static_cast<std::int16_t>(32'767 * level * std::sin(2 * 3.14159265 * hertz * static_cast<double>(i) / 8'000));
  return samples;
}

/// Of one frequency, by Goertzel: 1 is full scale.
double strength(std::span<const std::int16_t> samples, double hertz) {
  const double w = 2 * std::cos(2 * 3.14159265 * hertz / 8'000);
  double a = 0, b = 0;
  for (const double sample : samples) a = std::exchange(b, sample + w * b - a);
  return std::sqrt(std::max(0.0, a * a + b * b - w * a * b)) * 2 / static_cast<double>(samples.size()) / 32'767;
}

int loudest(std::span<const std::int16_t> samples) {
  int peak = 0;
  for (const int sample : samples) peak = std::max(peak, std::abs(sample));
  return peak;
}

std::span<const std::int16_t> last_second(const std::vector<std::int16_t>& heard) {
  return std::span{heard}.last(std::min<std::size_t>(heard.size(), 8'000));
}

/// A caller who is with the tone extension's silent sibling, and has been for a second.
struct Scene {
  explicit Scene(std::uint64_t number, WorldOptions options = {}) : world{number, options}, caller{world.call("9199")} {
    caller.say(sine(700, 60));
    world.run_for(1s);
  }
  Phone& add_agent(PhoneOptions options = {}) {
    Phone& agent = world.add_phone(options);
    agent.say(sine(1'600, 60));
    return agent;
  }
  Result<call::TransferBegun, call::TransferRefusal> transfer(const Phone& agent) {
    return world.live_call()->transfer({.to = World::uri_of(agent)});
  }
  std::vector<std::string> transfer_events() const {
    std::vector<std::string> types;
    for (const auto& type : world.event_types(world.call_id()))
      if (type.starts_with("transfer.")) types.push_back(type);
    return types;
  }

  World world;
  Phone& caller;
};

TEST(Transfer, CallerAndAgentHearEachOtherAndNobodyThemselves) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  Scene scene{number};
  Phone& agent = scene.add_agent();
  ASSERT_TRUE(scene.transfer(agent).has_value());

  scene.world.run_for(4s);

  EXPECT_GT(strength(last_second(scene.caller.heard()), 1'600), 0.1);
  EXPECT_LT(strength(last_second(scene.caller.heard()), 700), 0.005);
  EXPECT_GT(strength(last_second(agent.heard()), 700), 0.1);
  EXPECT_LT(strength(last_second(agent.heard()), 1'600), 0.005);
  EXPECT_EQ(scene.world.live_call()->state(), call::State::with_agent);
  EXPECT_THAT(scene.transfer_events(),
              ElementsAre("transfer.started", "transfer.ringing", "transfer.answered", "transfer.completed"));

  agent.hang_up();
  scene.world.run_for(all_timers);
  EXPECT_THAT(scene.world.event_data(scene.world.call_id(), "call.ended"),
              ElementsAre(HasSubstr(R"("cause":"agent_hangup")")));
  EXPECT_EQ(scene.world.leftovers(), "");
}

TEST(Transfer, TheRecordingHasNoGapWhereTheAgentTakesOver) {
  const auto number = seed(2);
  PARLEY_SIM_SEED(number);
  Scene scene{number, {.record = true}};
  Phone& agent = scene.add_agent({.rings_for = 3s});
  ASSERT_TRUE(scene.transfer(agent).has_value());
  scene.world.run_for(6s);
  scene.caller.hang_up();
  scene.world.run_for(all_timers);

  const auto recording = scene.world.recording();
  std::optional<std::size_t> first;  // frame with the agent in it
  for (std::size_t i = 0; i + 160 <= recording.others.size() && !first; i += 160)
    if (strength(std::span{recording.others}.subspan(i, 160), 1'600) > 0.1) first = i;
  ASSERT_TRUE(first.has_value());
  // Music until then, the agent from then on: at most one frame between them has no sound.
  std::size_t silent = 0;
  int jump = 0;
  for (std::size_t i = *first - 8'000; i < *first + 8'000; i += 160) {
    int peak = 0;
    for (std::size_t k = i; k < i + 160; ++k) {
      peak = std::max(peak, std::abs(int{recording.others[k]}));
      jump = std::max(jump, std::abs(recording.others[k] - recording.others[k - 1]));
    }
    silent += peak < 30 ? 1 : 0;
  }
  std::printf("switch: %zu silent frames, largest step %d\n", silent, jump);
  EXPECT_LE(silent, 2u);
  EXPECT_LT(jump, 12'000);  // the tone's own steps are 10 000
}

TEST(Transfer, HoldGivesMusicToTheCallerAndSilenceToTheAgent) {
  const auto number = seed(3);
  PARLEY_SIM_SEED(number);
  Scene scene{number};
  Phone& agent = scene.add_agent();
  ASSERT_TRUE(scene.transfer(agent).has_value());
  scene.world.run_for(3s);

  scene.world.live_call()->hold(true);
  scene.world.run_for(2s);

  EXPECT_LT(strength(last_second(scene.caller.heard()), 1'600), 0.005);
  EXPECT_GT(loudest(last_second(scene.caller.heard())), 200);
  EXPECT_LT(strength(last_second(agent.heard()), 700), 0.005);

  scene.world.live_call()->hold(false);
  scene.world.run_for(2s);
  EXPECT_GT(strength(last_second(agent.heard()), 700), 0.1);
}

TEST(Transfer, AThirdPartyTalksWithBoth) {
  const auto number = seed(4);
  PARLEY_SIM_SEED(number);
  Scene scene{number};
  Phone& agent = scene.add_agent();
  ASSERT_TRUE(scene.transfer(agent).has_value());
  scene.world.run_for(3s);
  Phone& third = scene.world.add_phone();
  third.say(sine(2'300, 60));
  ASSERT_TRUE(scene.world.live_call()->add_party(World::uri_of(third)).has_value());
  scene.world.run_for(4s);

  for (const Phone* listener : {&scene.caller, &agent}) EXPECT_GT(strength(last_second(listener->heard()), 2'300), 0.1);
  EXPECT_GT(strength(last_second(third.heard()), 700), 0.1);
  EXPECT_GT(strength(last_second(third.heard()), 1'600), 0.1);

  agent.hang_up();
  scene.world.run_for(1s);
  EXPECT_EQ(scene.world.live_call()->state(), call::State::with_agent);  // with the one who stayed
}

TEST(Transfer, AnAgentWhoVanishesLeavesTheCallerToTheApplication) {
  const auto number = seed(5);
  PARLEY_SIM_SEED(number);
  Scene scene{number};
  Phone& agent = scene.add_agent();
  ASSERT_TRUE(scene.transfer(agent).has_value());
  scene.world.run_for(3s);

  scene.world.network.set_path(agent.address(), {.signalling = {.loss = 1}, .media = {.loss = 1}});
  scene.world.run_for(35s);

  ASSERT_NE(scene.world.live_call(), nullptr);
  EXPECT_EQ(scene.world.live_call()->state(), call::State::answered);
  EXPECT_THAT(scene.world.event_data(scene.world.call_id(), "leg.removed"), ElementsAre(HasSubstr("media_timeout")));
}

TEST(Transfer, OneAtATimeAndCancelledItStopsRinging) {
  const auto number = seed(6);
  PARLEY_SIM_SEED(number);
  Scene scene{number};
  Phone& agent = scene.add_agent();
  ASSERT_TRUE(scene.transfer(agent).has_value());
  scene.world.run_for(100ms);
  EXPECT_FALSE(scene.transfer(agent).has_value());  // one at a time

  EXPECT_TRUE(scene.world.live_call()->cancel_transfer(call::TransferBy::api));
  scene.world.run_for(1s);

  EXPECT_THAT(agent.log, ElementsAre("incoming", StartsWith("ended cancel")));
  EXPECT_THAT(scene.transfer_events(), ElementsAre("transfer.started", "transfer.ringing", "transfer.cancelled"));
}

/// At offsets of up to 50 ms around the instant of the answer, something else happens.
class Race : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Transfer, Race, ::testing::Values("hang_up", "cancel", "end"),
                         [](const auto& each) { return std::string{each.param}; });

TEST_P(Race, NobodyIsLeftBehindWhateverComesFirst) {
  const std::string_view what = GetParam();
  int joined = 0;
  const auto numbers = seeds(200, 1'000);
  for (const auto number : numbers) {
    PARLEY_SIM_SEED(number);
    auto random = Random::seeded(number);
    Scene scene{number};
    Phone& agent = scene.add_agent({.rings_for = 500ms});
    ASSERT_TRUE(scene.transfer(agent).has_value());
    const auto offset = std::chrono::microseconds{static_cast<std::int64_t>(random.below(100'001)) - 50'000};
    scene.world.after(500ms + 60ms + offset, [&] {
      auto* const call = scene.world.live_call();
      if (what == "hang_up") scene.caller.hang_up();
      else if (call && what == "cancel") (void)call->cancel_transfer(call::TransferBy::api);
      else if (call) call->hang_up(call::EndCause::api);
    });
    scene.world.run_for(3s);

    const auto events = scene.transfer_events();
    EXPECT_THAT(events.back(), AnyOf("transfer.completed", "transfer.cancelled"));
    joined += events.back() == "transfer.completed" ? 1 : 0;
    if (what == "cancel") {
      ASSERT_NE(scene.world.live_call(), nullptr) << "the caller is never dropped";
      scene.caller.hang_up();
    }
    scene.world.run_for(all_timers);
    EXPECT_TRUE(agent.ended() || agent.log.empty());
    EXPECT_EQ(scene.world.leftovers(), "");
  }
  std::printf("%s: %d of %zu were joined\n", GetParam(), joined, numbers.size());
}

/// Both telephones of one agent answer within 50 ms of each other.
TEST(Transfer, OfTwoTelephonesThatAnswerInOneInstantOneGetsTheCaller) {
  int crossed = 0;
  const auto numbers = seeds(200, 5'000);
  for (const auto number : numbers) {
    PARLEY_SIM_SEED(number);
    auto random = Random::seeded(number);
    Scene scene{number};
    const auto rings = [&] { return 500ms + std::chrono::microseconds{random.below(50'001)}; };
    Phone& one = scene.add_agent({.rings_for = rings()});
    Phone& two = scene.add_agent({.rings_for = rings()});
    scene.world.set_agent_phones({&one, &two});
    ASSERT_TRUE(scene.world.live_call()->transfer({.to = "2001"}).has_value());
    scene.world.run_for(3s);

    EXPECT_EQ(one.ended() + two.ended(), 1);
    const Phone& loser = one.ended() ? one : two;
    EXPECT_THAT(loser.log.back(), AnyOf(StartsWith("ended cancel 200"), StartsWith("ended bye 200")))
        << "Call completed elsewhere";
    crossed += loser.answered() ? 1 : 0;
    EXPECT_EQ(scene.world.live_call()->state(), call::State::with_agent);
    EXPECT_EQ(scene.world.directory.find("2001")->presence, call::Presence::busy);

    scene.caller.hang_up();
    scene.world.run_for(all_timers);
    EXPECT_EQ(scene.world.directory.find("2001")->presence, call::Presence::available);
    EXPECT_EQ(scene.world.leftovers(), "");
  }
  std::printf("in %d of %zu both had answered\n", crossed, numbers.size());
}

}  // namespace
}  // namespace parley::sim
