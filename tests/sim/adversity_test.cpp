// Strangers, garbage, and a machine that is late.
#include <gmock/gmock.h>

#include "sim/sim_fixture.hpp"

namespace parley::sim {
namespace {

constexpr auto narrow = audio::Rate::narrow;
constexpr std::size_t second = 8'000;
constexpr IpAddress stranger = IpAddress::v4(0x0A090909);

TEST(Strangers, CannotSpeakIntoACall) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number, {.record = true}};
  Phone& phone = world.call("9199");
  phone.say(speech(number, 30, narrow));
  world.network.set_path(stranger, {});
  world.run_for(5s);
  rtp::Session theirs{{.cname = "x"}, Random::seeded(number + 5), world.timeline.now()};
  auto random = Random::seeded(number + 6);
  std::vector<std::byte> noise(160);
  for (int i = 0; i < 600; ++i) {
    world.after(i * 20ms, [&] {
      random.fill(noise);
      std::array<std::byte, 1'500> buffer;
      const auto packet =
          theirs.encode({.payload_type = 0, .payload = noise, .ticks = 160}, world.timeline.now(), buffer);
      world.network.send({stranger, 4000}, phone.parley_rtp(), *packet);
    });
  }
  world.run_for(20s);
  phone.hang_up();
  world.run_for(all_timers);

  const auto recording = world.recording();
  const auto pieces = track(phone.said(), recording.caller, 6 * second, 22 * second, second / 2, 4'000);
  std::printf("with a stranger: correlation %.4f\n", mean_correlation(pieces));
  EXPECT_GT(mean_correlation(pieces), 0.98);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Strangers, CannotDisturbWithGarbage) {
  for (const auto number : seeds(20)) {
    PARLEY_SIM_SEED(number);
    World world{number};
    Phone& phone = world.call("9196");
    phone.say(speech(number, 12, narrow));
    world.network.set_path(stranger, {});
    world.run_for(1s);
    auto random = Random::seeded(number + 7);
    const std::string invite =
        "INVITE sip:9196@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.9.9.9:5060;branch=z9hG4bKx\r\nFrom: <sip:x@10.9.9.9>;tag=1\r\n"
        "To: <sip:9196@192.0.2.1>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:x@10.9.9.9>\r\nMax-Forwards: 70\r\n\r\n";
    for (int i = 0; i < 400; ++i) {
      world.after(i * 10ms, [&world, &phone, &random, &invite] {
        std::vector<std::byte> bytes(random.below(200));
        random.fill(bytes);
        world.network.send({stranger, 5060}, World::sip_address, bytes);
        auto text = invite;  // with one character turned into another
        text[random.below(text.size())] = static_cast<char>(random.below(256));
        world.network.send({stranger, 5060}, World::sip_address, std::as_bytes(std::span{text}));
        // From the phone's own address: as hostile as a peer can be.
        if (!bytes.empty()) bytes[0] = (bytes[0] & std::byte{0x3F}) | std::byte{0x80};
        world.network.send({phone.address(), 4000}, phone.parley_rtp(), bytes);
      });
    }
    world.run_for(9s);
    EXPECT_FALSE(phone.ended());
    phone.hang_up();
    world.run_for(4 * all_timers);
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(LateMachine, AStallIsMadeUpForWithoutALossOrAShift) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number, {.record = true}};
  Phone& phone = world.call("9199");
  phone.say(speech(number, 42, narrow));
  world.run_for(15s);
  world.stall(150ms);
  world.run_for(25s);
  const auto hung_up = world.timeline.now();
  phone.hang_up();
  world.run_for(all_timers);

  const auto recording = world.recording();
  const auto before = track(phone.said(), recording.caller, 8 * second, 14 * second, second / 2, 4'000);
  const auto during = track(phone.said(), recording.caller, 14 * second, 18 * second, second / 2, 4'000);
  const auto after = track(phone.said(), recording.caller, 30 * second, 38 * second, second / 2, 4'000);
  const double length = static_cast<double>(recording.caller.size()) / 8;
  const double call = ms(hung_up + 10ms - world.answered_at(world.call_id()));
  std::printf("stall of 150 ms: correlation %.3f, around it %.3f, %.3f; lag %.1f, %.1f, %.1f ms; gap %.0f ms\n",
              mean_correlation(before), mean_correlation(during), mean_correlation(after),
              static_cast<double>(median_lag(before)) / 8, static_cast<double>(median_lag(during)) / 8,
              static_cast<double>(median_lag(after)) / 8,
              longest_gap_ms(phone.said(), recording.caller, median_lag(before), 8 * second, narrow));
  EXPECT_NEAR(length, call, 40);
  EXPECT_GT(mean_correlation(after), 0.98);
  EXPECT_NEAR(static_cast<double>(median_lag(before)), static_cast<double>(median_lag(after)), 20 * 8);
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace parley::sim
