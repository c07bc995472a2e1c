// Calls whose keys are in their descriptions (RFC 4568), with the real code on both sides of them.
#include <gmock/gmock.h>

#include "sim/sim_fixture.hpp"

namespace parley::sim {
namespace {

using ::testing::Contains;
using ::testing::StartsWith;

constexpr auto narrow = audio::Rate::narrow;
constexpr std::size_t second = 8'000;

WorldOptions with_srtp(legs::SrtpPolicy policy) {
  WorldOptions options;
  options.media.srtp = policy;
  options.media.keys_in_clear = true;
  return options;
}

/// How well the echo fits what was said in that second of what is heard. Time on hold has no place in what is heard.
double echo_fit(const Phone& phone, std::size_t at) {
  return fit(phone.said(), phone.heard(), at * second, second, -20'000, 4'000).correlation;
}

TEST(Srtp, AnEchoOverEachWayOfOfferingKeys) {
  for (const auto offered : {sdp::Sdes::optional, sdp::Sdes::required}) {
    const auto number = seed();
    PARLEY_SIM_SEED(number);
    World world{number, with_srtp(legs::SrtpPolicy::optional)};
    PhoneOptions options;
    options.srtp = offered;
    Phone& phone = world.call("9196", options);
    phone.say(speech(number, 8, narrow));

    world.run_for(9s);

    EXPECT_TRUE(phone.protected_media());
    EXPECT_GT(mean_correlation(track(phone.said(), phone.heard(), second, 5 * second, second / 2, 4'000)), 0.9);
    phone.hang_up();
    world.run_for(all_timers);
    EXPECT_EQ(world.refused_media().forged + world.refused_media().replayed, 0u);
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Srtp, SoundGoesOnWithOtherKeysAndThroughAHold) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number, with_srtp(legs::SrtpPolicy::required)};
  PhoneOptions options;
  options.srtp = sdp::Sdes::required;
  Phone& phone = world.call("9196", options);
  phone.say(speech(number, 20, narrow));
  world.run_for(3s);

  ASSERT_TRUE(phone.change_key());
  world.run_for(3s);
  ASSERT_TRUE(phone.offer(sdp::Direction::sendonly));
  world.run_for(2s);
  ASSERT_TRUE(phone.offer(sdp::Direction::sendrecv));
  world.run_for(6s);

  EXPECT_GT(echo_fit(phone, 4), 0.9) << "after the new keys";
  EXPECT_GT(echo_fit(phone, 8), 0.9) << "after the hold";
  phone.hang_up();
  world.run_for(all_timers);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Srtp, ForgedAndRepeatedPacketsAreCountedAndNotHeard) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number, with_srtp(legs::SrtpPolicy::optional)};
  PhoneOptions options;
  options.srtp = sdp::Sdes::required;
  Path path;
  path.media = {.duplication = 0.05};
  Phone& phone = world.call("9196", options, path);
  phone.say(speech(number, 8, narrow));
  world.run_for(1s);

  for (int i = 0; i < 200; ++i) {
    phone.forge();
    world.run_for(30ms);
  }

  EXPECT_GT(mean_correlation(track(phone.said(), phone.heard(), 3 * second, 6 * second, second / 2, 4'000)), 0.9);
  phone.hang_up();
  world.run_for(all_timers);
  EXPECT_GE(world.refused_media().forged, 200u);
  EXPECT_GT(world.refused_media().replayed, 5u);
}

TEST(Srtp, WhatIsRequiredIsOfferedByUsAndRefusedWhereItIsMissing) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number, with_srtp(legs::SrtpPolicy::required)};
  PhoneOptions able;
  able.srtp = sdp::Sdes::optional;
  Phone& called = world.add_phone(able);
  world.dial(called, call::RouteTarget::Kind::tone);
  Phone& plain = world.call("9196");
  world.run_for(4s);

  EXPECT_TRUE(called.protected_media());
  EXPECT_GT(called.heard().size(), second);
  EXPECT_THAT(plain.log, Contains(StartsWith("ended rejected 488")));
}

TEST(Srtp, KeysDoNotTravelOverClearSignallingUnlessTheyMay) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  PhoneOptions strict, lenient;
  strict.srtp = sdp::Sdes::required;
  lenient.srtp = sdp::Sdes::optional;
  Phone& refused = world.call("9196", strict);
  Phone& plain = world.call("9196", lenient);
  world.run_for(3s);

  EXPECT_THAT(refused.log, Contains(StartsWith("ended rejected 488")));
  EXPECT_TRUE(plain.answered());
  EXPECT_FALSE(plain.protected_media());
}

TEST(Srtp, NothingIsAllocatedPerPacket) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number, with_srtp(legs::SrtpPolicy::optional)};
  PhoneOptions options;
  options.srtp = sdp::Sdes::required;
  Phone& phone = world.call("9196", options);
  phone.say(speech(number, 14, narrow));
  world.run_for(3s);

  const auto before = world.tick_allocations;
  world.run_for(10s);

  EXPECT_TRUE(phone.protected_media());
  std::printf("echo over SRTP: %llu allocations in 10 s of ticks\n",
              static_cast<unsigned long long>(world.tick_allocations - before));
  EXPECT_LE(world.tick_allocations - before, 5u) << "reports now and then";
}

}  // namespace
}  // namespace parley::sim
