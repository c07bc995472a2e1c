// One call at a time, over a good line: what everything else builds on.
#include <gmock/gmock.h>

#include "sim/sim_fixture.hpp"

namespace parley::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<std::string> states(const World& world, std::size_t index = 0) {
  std::vector<std::string> all;
  for (const auto& row : world.ledger.states.at(world.call_id(index))) all.emplace_back(to_string(row.state));
  return all;
}

TEST(BasicCall, EchoesAndEndsWhenTheCallerHangsUp) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  Phone& phone = world.call("9196");
  phone.say(speech(number, 5, audio::Rate::narrow));

  world.run_for(6s);
  phone.hang_up();
  world.run_for(all_timers);

  EXPECT_THAT(phone.log, ElementsAre("ringing", "answered", "ended local 0"));
  EXPECT_THAT(world.event_types(world.call_id()),
              ElementsAre("call.arrived", "call.answered", "call.state", "call.ended"));
  EXPECT_THAT(world.event_data(world.call_id(), "call.ended"), ElementsAre(HasSubstr(R"("cause":"caller_hangup")")));
  EXPECT_THAT(states(world), ElementsAre("arriving", "answered", "ended"));
  // Piece by piece: in its first seconds the buffer lowers the delay from 40 ms to what the line needs.
  const auto echo = track(phone.said(), phone.heard(), 8'000, 40'000, 4'000, 4'000);
  std::printf("echo: correlation %.4f\n", mean_correlation(echo));
  EXPECT_GT(mean_correlation(echo), 0.9);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(BasicCall, EndsWhenParleyHangsUp) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  Phone& phone = world.call("9197");

  world.run_for(2s);
  world.live_call()->hang_up(call::EndCause::api);
  world.run_for(all_timers);

  EXPECT_THAT(phone.log, ElementsAre("ringing", "answered", StartsWith("ended bye")));
  EXPECT_THAT(world.event_types(world.call_id()),
              ElementsAre("call.arrived", "call.answered", "call.state", "call.ended"));
  EXPECT_THAT(world.event_data(world.call_id(), "call.ended"), ElementsAre(HasSubstr(R"("cause":"api")")));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(BasicCall, ParleyCallsAPhoneThatAnswers) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  Phone& phone = world.add_phone({.rings_for = 2s});
  world.dial(phone, call::RouteTarget::Kind::tone);

  world.run_for(5s);
  phone.hang_up();
  world.run_for(all_timers);

  EXPECT_THAT(world.event_types(world.call_id()),
              ElementsAre("call.arrived", "call.state", "call.answered", "call.state", "call.ended"));
  EXPECT_THAT(states(world), ElementsAre("arriving", "ringing", "answered", "ended"));
  EXPECT_GT(phone.packets().size(), 140u);
  EXPECT_EQ(world.leftovers(), "");
}

class EveryCodec : public ::testing::TestWithParam<audio::CodecName> {};
INSTANTIATE_TEST_SUITE_P(BasicCall, EveryCodec,
                         ::testing::Values(audio::CodecName::pcmu, audio::CodecName::pcma, audio::CodecName::g722,
                                           audio::CodecName::opus),
                         [](const auto& each) { return std::string{audio::encoding_name(each.param)}; });

TEST_P(EveryCodec, EchoesWhatWasSaid) {
  const auto number = seed(3);
  PARLEY_SIM_SEED(number);
  World world{number};
  Phone& phone = world.call("9196", {.codec = GetParam()});
  phone.say(speech(number, 12, phone.rate()));

  world.run_for(12s);
  phone.hang_up();
  world.run_for(all_timers);

  const auto second = static_cast<std::size_t>(audio::hertz(phone.rate()));
  const auto echo =
      track(phone.said(), phone.heard(), 5 * second, 11 * second, second / 2, static_cast<std::int64_t>(second) / 2);
  std::printf("%s echo: correlation %.4f\n", std::string{audio::encoding_name(GetParam())}.c_str(),
              mean_correlation(echo));
  EXPECT_GT(mean_correlation(echo), GetParam() == audio::CodecName::opus ? 0.85 : 0.97);
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace parley::sim
