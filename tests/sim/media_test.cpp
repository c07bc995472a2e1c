// What the network and the far end do to the sound, and what is left of it in the recording.
#include <gmock/gmock.h>

#include "sim/sim_fixture.hpp"

namespace parley::sim {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto narrow = audio::Rate::narrow;
constexpr std::size_t second = 8'000;

/// From the moment a sample was spoken to the moment the recording has it, `at` being its place in
/// the recording.
double delay_ms(const World& world, const Phone& phone, std::size_t at, std::int64_t lag) {
  const auto recorded = world.answered_at(world.call_id()) + std::chrono::microseconds{at * 125};
  return ms(recorded - phone.spoken_at(static_cast<double>(static_cast<std::int64_t>(at) - lag)));
}

TEST(Recording, IsWhatWasSaid) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number, {.record = true, .denoise = true, .detect_speech = true}};
  Phone& phone = world.call("9199");
  phone.say(speech(number, 29, narrow));

  world.run_for(30s);
  phone.hang_up();
  world.run_for(all_timers);

  const auto recording = world.recording();
  ASSERT_GT(recording.caller.size(), 28 * second);
  const auto pieces = track(phone.said(), recording.caller, second, 28 * second, second / 2, 4'000);
  const auto settled = std::span{pieces}.subspan(pieces.size() / 2);
  const auto whole = fit(phone.said(), recording.caller, 14 * second, 14 * second, -4'000, 4'000);
  std::printf("recording: correlation %.4f by pieces, %.4f as a whole once settled, delay %.1f ms\n",
              mean_correlation(pieces), whole.correlation, delay_ms(world, phone, settled[0].at, median_lag(settled)));
  EXPECT_GE(mean_correlation(pieces), 0.95);
  EXPECT_GE(whole.correlation, 0.95);
  EXPECT_LT(delay_ms(world, phone, settled[0].at, median_lag(settled)), 120);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Recording, KeepsItsLengthAndAlignmentOnABadLine) {
  for (const auto number : seeds(3)) {
    PARLEY_SIM_SEED(number);
    World world{number, {.record = true}};
    Path path;
    path.media = {.loss = 0.05, .jitter = 60ms, .overtaken = 0.02, .duplication = 0.01};
    Phone& phone = world.call("9199", {}, path);
    phone.say(speech(number, 62, narrow));

    world.run_for(60s);
    const auto hung_up = world.timeline.now();
    phone.hang_up();
    world.run_for(all_timers);

    const auto recording = world.recording();
    const double length = static_cast<double>(recording.caller.size()) / 8;
    const double call = ms(hung_up + 10ms - world.answered_at(world.call_id()));
    // The buffer learns the line in the first seconds; after that the thirds must lie alike.
    const std::size_t from = 5 * second, third = (recording.caller.size() - from) / 3;
    const auto pieces = track(phone.said(), recording.caller, from, recording.caller.size(), second / 2, 4'000);
    const auto within = [&](std::size_t least, std::size_t most) {
      std::vector<Piece> some;
      std::ranges::copy_if(pieces, std::back_inserter(some),
                           [&](const Piece& each) { return each.at >= least && each.at < most; });
      return some;
    };
    const auto first = within(from, from + third), last = within(from + 2 * third, recording.caller.size());
    const double gap = longest_gap_ms(phone.said(), recording.caller, median_lag(first), from, narrow);
    std::printf(
        "bad line: length %.0f of %.0f ms, correlation %.3f and %.3f, lag %.1f and %.1f ms, longest gap %.0f ms\n",
        length, call, mean_correlation(first), mean_correlation(last), static_cast<double>(median_lag(first)) / 8,
        static_cast<double>(median_lag(last)) / 8, gap);
    EXPECT_NEAR(length, call, 40);
    EXPECT_GE(mean_correlation(first), 0.8);
    EXPECT_GE(mean_correlation(last), 0.8);
    EXPECT_NEAR(static_cast<double>(median_lag(first)), static_cast<double>(median_lag(last)), 5 * 8);
    EXPECT_LT(gap, 60);
    EXPECT_EQ(world.leftovers(), "");
  }
}

class Drift : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Media, Drift, ::testing::Values(200, -200),
                         [](const auto& each) { return each.param > 0 ? "FastSender" : "SlowSender"; });

TEST_P(Drift, DelayAfterTenMinutesIsWhatItWasInTheFirst) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number, {.record = true}};
  Path path;
  path.media.jitter = 4ms;
  Phone& phone = world.call("9199", {.clock_ppm = static_cast<double>(GetParam())}, path);
  phone.say(speech(number, 612, narrow));

  world.run_for(605s);
  phone.hang_up();
  world.run_for(all_timers);

  const auto recording = world.recording();
  std::vector<double> by_minute;
  std::int64_t lag = 0;
  for (std::size_t at = 10 * second; at + 46 * second < recording.caller.size(); at += 60 * second) {
    double sum = 0;
    int pieces = 0;
    // Averaged over the minute: the delay moves by pitch periods within it.
    for (std::size_t piece = at; piece < at + 45 * second; piece += 3 * second) {
      const auto found = fit(phone.said(), recording.caller, piece, second, lag - 2'000, lag + 2'000);
      if (found.correlation < 0.8) continue;
      sum += delay_ms(world, phone, piece, found.lag);
      lag = found.lag;
      ++pieces;
    }
    ASSERT_GT(pieces, 10);
    by_minute.push_back(sum / pieces);
  }
  std::printf("%+d ppm, delay by minute in ms:", GetParam());
  for (const double delay : by_minute) std::printf(" %.1f", delay);
  std::printf("\n");
  ASSERT_GE(by_minute.size(), 10u);
  EXPECT_NEAR(by_minute.front(), by_minute.back(), 5);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Hold, StopsOurPacketsAndResumesThem) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  Phone& phone = world.call("9197");
  world.run_for(3s);

  phone.offer(sdp::Direction::sendonly);
  world.run_for(1s);
  const auto before = phone.packets().size();
  world.run_for(40s);  // silence on hold is no media timeout
  const auto during = phone.packets().size() - before;
  phone.offer(sdp::Direction::sendrecv);
  world.run_for(2s);
  const auto after = phone.packets().size() - before - during;
  phone.offer(sdp::Direction::inactive);
  phone.mute_packets(true);
  world.run_for(40s);
  phone.mute_packets(false);
  phone.offer(sdp::Direction::sendrecv);
  world.run_for(1s);
  phone.hang_up();
  world.run_for(all_timers);

  EXPECT_EQ(during, 0u);
  EXPECT_GT(after, 90u);
  EXPECT_THAT(world.event_data(world.call_id(), "call.state"),
              ElementsAre(HasSubstr("\"on_hold\":false"), HasSubstr("\"on_hold\":true"), HasSubstr("\"on_hold\":false"),
                          HasSubstr("\"on_hold\":true"), HasSubstr("\"on_hold\":false")));
  EXPECT_EQ(world.final_row().end_cause, call::EndCause::caller_hangup);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Keys, ArriveOnceEachThoughATenthOfThePacketsIsLost) {
  for (const auto number : seeds(20)) {
    PARLEY_SIM_SEED(number);
    World world{number};
    Path path;
    path.media = {.loss = 0.1, .jitter = 15ms, .overtaken = 0.02, .duplication = 0.02};
    Phone& phone = world.call("9199", {}, path);
    world.run_for(2s);

    phone.press("1233");
    world.run_for(2s);
    phone.press("0*#9");
    world.run_for(2s);
    phone.hang_up();
    world.run_for(all_timers);

    std::string keys;
    for (const auto& data : world.event_data(world.call_id(), "dtmf")) keys += data.at(data.find(':') + 2);
    EXPECT_EQ(keys, "12330*#9");
  }
}

TEST(Media, ANewSourceIsTakenWithoutLosingTheCall) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number, {.record = true}};
  Phone& phone = world.call("9199");
  phone.say(speech(number, 22, narrow));
  world.run_for(10s);
  phone.change_source();
  world.run_for(10s);
  phone.hang_up();
  world.run_for(all_timers);

  const auto recording = world.recording();
  const auto before = track(phone.said(), recording.caller, 5 * second, 9 * second, second / 2, 4'000);
  const auto after = track(phone.said(), recording.caller, 15 * second, 19 * second, second / 2, 4'000);
  std::printf("new SSRC: correlation %.3f and %.3f, lag %.1f and %.1f ms\n", mean_correlation(before),
              mean_correlation(after), static_cast<double>(median_lag(before)) / 8,
              static_cast<double>(median_lag(after)) / 8);
  EXPECT_GT(mean_correlation(before), 0.95);
  EXPECT_GT(mean_correlation(after), 0.95);
  EXPECT_LT(longest_gap_ms(phone.said(), recording.caller, median_lag(after), 9 * second, narrow), 120);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Media, AStreamThatStopsForThirtySecondsEndsTheCall) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  Path path;
  const auto stops = world.timeline.now() + 5s;
  path.media.outages = {{stops, TimePoint::max()}};
  Phone& phone = world.call("9197", {}, path);

  world.run_until(stops + 29s);
  EXPECT_FALSE(phone.ended());
  world.run_for(2s);
  EXPECT_TRUE(phone.ended());
  world.run_for(all_timers);

  EXPECT_THAT(phone.log, Contains(HasSubstr("RTP timeout")));
  EXPECT_EQ(world.final_row().end_cause, call::EndCause::media_timeout);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Media, AnOutageShorterThanThatIsSurvived) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number, {.record = true}};
  Path path;
  const auto stops = world.timeline.now() + 5s;
  path.media = {.burst_start = 0.005, .burst_end = 0.3, .outages = {{stops, stops + 20s}}};
  Phone& phone = world.call("9199", {}, path);
  phone.say(speech(number, 42, narrow));

  world.run_for(40s);
  phone.hang_up();
  world.run_for(all_timers);

  const auto recording = world.recording();
  const auto after = track(phone.said(), recording.caller, 30 * second, 38 * second, second / 2, 4'000);
  std::printf("after an outage of 20 s: correlation %.3f, delay %.1f ms\n", mean_correlation(after),
              delay_ms(world, phone, 30 * second, median_lag(after)));
  EXPECT_GT(mean_correlation(after), 0.8);
  EXPECT_EQ(world.final_row().end_cause, call::EndCause::caller_hangup);
}

TEST(Media, AnOfferMayComeWithTheAnswer) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  Phone& phone = world.call("9196", {.offers = false});
  phone.say(speech(number, 10, narrow));
  world.run_for(10s);
  phone.hang_up();
  world.run_for(all_timers);

  ASSERT_TRUE(phone.answered());
  ASSERT_GT(phone.heard().size(), 9 * second);
  EXPECT_EQ(world.leftovers(), "");
}

class PacketTime : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Media, PacketTime, ::testing::Values(10, 30, 40, 60),
                         [](const auto& each) { return std::to_string(each.param) + "ms"; });

TEST_P(PacketTime, IsTheFarEndsChoice) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  Phone& phone = world.call("9196", {.ptime = std::chrono::milliseconds{GetParam()}});
  phone.say(speech(number, 20, narrow));
  world.run_for(20s);
  phone.hang_up();
  world.run_for(all_timers);

  const auto pieces = track(phone.said(), phone.heard(), 10 * second, 18 * second, second / 2, 4'000);
  std::printf("%d ms packets: echo correlation %.3f\n", GetParam(), mean_correlation(pieces));
  EXPECT_GT(mean_correlation(pieces), 0.97);
  const auto& packets = phone.packets();
  ASSERT_GT(packets.size(), 100u);
  EXPECT_EQ(packets[100].position - packets[99].position, static_cast<std::size_t>(GetParam()) * 8);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Media, FollowsAPhoneThatMoves) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  Phone& phone = world.call("9196");
  phone.say(speech(number, 30, narrow));
  world.run_for(10s);
  const auto before = phone.packets().size();
  ASSERT_TRUE(phone.move());
  world.run_for(10s);
  phone.hang_up();
  world.run_for(all_timers);

  EXPECT_GT(phone.packets().size() - before, 480u);
  const auto pieces = track(phone.said(), phone.heard(), 12 * second, 18 * second, second / 2, 4'000);
  EXPECT_GT(mean_correlation(pieces), 0.97);
}

class Reports : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Media, Reports, ::testing::Values(true, false),
                         [](const auto& each) { return each.param ? "OnOnePort" : "OnTheirOwnPort"; });

TEST_P(Reports, TellTheQualityAtTheEnd) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  Path path;
  path.media = {.loss = 0.03, .delay = 35ms, .jitter = 8ms};
  Phone& phone = world.call("9196", {.rtcp_mux = GetParam()}, path);
  world.run_for(60s);
  phone.hang_up();
  world.run_for(all_timers);

  const auto& quality = world.final_row().quality;
  std::printf("quality: MOS %.2f, lost %llu of %llu, jitter %.1f ms, round trip %.1f ms\n", quality.mos,
              static_cast<unsigned long long>(quality.packets_lost),
              static_cast<unsigned long long>(quality.packets_received), quality.jitter_ms, quality.round_trip_ms);
  EXPECT_NEAR(static_cast<double>(quality.packets_lost), 90, 45);
  EXPECT_NEAR(quality.round_trip_ms, 78, 8);  // 35 to 43 each way
  EXPECT_GT(quality.mos, 3);
}

}  // namespace
}  // namespace parley::sim
