#include "protocol/rtp/statistics.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "protocol/rtp/quality.hpp"

namespace parley::rtp {
namespace {

using Verdict = ReceiverStatistics::Verdict;

/// Feeds packet number `n` of a 20 ms stream, `late` after its due time.
Verdict feed(ReceiverStatistics& statistics, std::uint32_t n, Duration late = 0ms) {
  return statistics.receive(SequenceNumber{static_cast<std::uint16_t>(n)}, RtpTimestamp{n * 160},
                            TimePoint{} + n * 20ms + late);
}

TEST(ReceiverStatistics, BelievesASourceAfterTwoPacketsInSequence) {
  ReceiverStatistics statistics{{}};

  EXPECT_EQ(feed(statistics, 10), Verdict::probation);
  EXPECT_EQ(feed(statistics, 500), Verdict::probation);
  EXPECT_EQ(feed(statistics, 501), Verdict::valid);
  EXPECT_EQ(statistics.packets_expected(), 1u);
  EXPECT_EQ(statistics.cumulative_lost(), 0);
}

TEST(ReceiverStatistics, BelievesTheFirstPacketWhenToldTo) {
  ReceiverStatistics statistics{{.min_sequential = 1}};
  EXPECT_EQ(feed(statistics, 10), Verdict::valid);
}

TEST(ReceiverStatistics, CountsLossInTheIntervalAndInTotal) {
  ReceiverStatistics statistics{{.min_sequential = 1}};
  for (std::uint32_t n = 0; n < 100; ++n)
    if (n % 4 != 1) feed(statistics, n);

  const auto first = statistics.take_report(7);
  for (std::uint32_t n = 100; n < 200; ++n) feed(statistics, n);
  const auto second = statistics.take_report(7);

  EXPECT_EQ(first.ssrc, 7u);
  EXPECT_EQ(first.fraction_lost, 64);
  EXPECT_EQ(first.cumulative_lost, 25);
  EXPECT_EQ(first.extended_highest_sequence, 99u);
  EXPECT_EQ(second.fraction_lost, 0);
  EXPECT_EQ(second.cumulative_lost, 25);
}

TEST(ReceiverStatistics, SaysAllButEverythingWhenNearlyAllIsLost) {
  ReceiverStatistics statistics{{.min_sequential = 1}};
  feed(statistics, 0);
  statistics.take_report(1);
  feed(statistics, 2999);

  EXPECT_EQ(statistics.take_report(1).fraction_lost, 255);
}

TEST(ReceiverStatistics, LetsDuplicatesMakeTheLossNegativeButNotTheFraction) {
  ReceiverStatistics statistics{{.min_sequential = 1}};
  for (std::uint32_t n = 0; n < 10; ++n) {
    feed(statistics, n);
    feed(statistics, n);
  }

  const auto report = statistics.take_report(1);

  EXPECT_EQ(report.cumulative_lost, -10);
  EXPECT_EQ(report.fraction_lost, 0);
}

TEST(ReceiverStatistics, ExtendsTheSequenceOverItsWraps) {
  ReceiverStatistics statistics{{.min_sequential = 1}};
  for (std::uint32_t n = 65'000; n < 65'000 + 140'000; ++n) feed(statistics, n);

  EXPECT_EQ(statistics.extended_highest_sequence(), 65'000u + 140'000u - 1);
  EXPECT_EQ(statistics.cumulative_lost(), 0);
}

TEST(ReceiverStatistics, DoesNotCountAReorderedPacketAsAWrap) {
  ReceiverStatistics statistics{{.min_sequential = 1}};
  for (const std::uint32_t n : {65'534u, 65'536u, 65'535u, 65'537u}) feed(statistics, n);

  EXPECT_EQ(statistics.extended_highest_sequence(), 65'537u);
  EXPECT_EQ(statistics.cumulative_lost(), 0);
}

TEST(ReceiverStatistics, BeginsAnewAfterAJumpThatIsConfirmed) {
  ReceiverStatistics statistics{{.min_sequential = 1}};
  for (std::uint32_t n = 0; n < 10; ++n) feed(statistics, n);

  EXPECT_EQ(feed(statistics, 40'000), Verdict::bad_jump);
  EXPECT_EQ(feed(statistics, 10), Verdict::valid);
  EXPECT_EQ(feed(statistics, 30'000), Verdict::bad_jump);
  EXPECT_EQ(feed(statistics, 30'001), Verdict::restarted);
  EXPECT_EQ(statistics.extended_highest_sequence(), 30'001u);
  EXPECT_EQ(statistics.cumulative_lost(), 0);
}

TEST(ReceiverStatistics, MeasuresJitterAsTheRfcDoes) {
  ReceiverStatistics steady{{.min_sequential = 1}}, alternating{{.min_sequential = 1}};
  for (std::uint32_t n = 0; n < 500; ++n) {
    feed(steady, n, 30ms);
    feed(alternating, n, n % 2 == 0 ? 0ms : 5ms);
  }

  EXPECT_EQ(steady.jitter_ticks(), 0u);
  EXPECT_NEAR(alternating.jitter_ticks(), 40, 1);  // |D| is always 5 ms, so J tends to it
  EXPECT_NEAR(static_cast<double>(to_ms(alternating.jitter())), 5, 1);
}

TEST(ReceiverStatistics, DoesNotTakeAPauseForJitter) {
  ReceiverStatistics statistics{{.min_sequential = 1}};
  for (std::uint32_t n = 0; n < 50; ++n) feed(statistics, n);
  for (std::uint32_t n = 50; n < 100; ++n) feed(statistics, n, 60s);

  EXPECT_EQ(statistics.jitter_ticks(), 0u);
}

TEST(RoundTrip, IsArrivalMinusLsrMinusDlsr) {
  // The example of RFC 3550 §6.4.1, figure 2.
  ReportBlock block;
  block.last_sr = 0xB7052000;
  block.delay_since_last_sr = 0x00054000;
  const NtpTime arrival{0xB44DB710, 0x80000000};

  const auto trip = round_trip(block, arrival);

  ASSERT_TRUE(trip);
  EXPECT_EQ(to_ms(*trip), 6125);
}

TEST(RoundTrip, RefusesNumbersThatCannotBe) {
  ReportBlock never_had_one, from_the_future, absurd;
  from_the_future.last_sr = 0x00050000;
  absurd.last_sr = 0x00050000;

  EXPECT_FALSE(round_trip(never_had_one, {100, 0}));
  EXPECT_FALSE(round_trip(from_the_future, {4, 0}));
  EXPECT_FALSE(round_trip(absurd, {5 + 31, 0}));
}

TEST(RoundTrip, CountsDelayInUnitsOfItsField) {
  EXPECT_EQ(to_dlsr(1s), 65'536u);
  EXPECT_EQ(to_dlsr(500ms), 32'768u);
  EXPECT_EQ(to_dlsr(-1s), 0u);
}

TEST(Quality, IsGoodOnAGoodLine) {
  const double rating = transmission_rating({.jitter = 2ms, .round_trip = 20ms, .codec = {0, 25.1}});
  EXPECT_NEAR(rating, 93.2 - 0.024 * 34, 0.01);
  EXPECT_NEAR(mos(rating), 4.4, 0.02);
}

TEST(Quality, FallsWithLossDelayAndJitter) {
  const auto score = [](const QualityInput& input) { return mos(transmission_rating(input)); };

  EXPECT_LT(score({.loss = 0.05}), score({.loss = 0.01}) - 0.3);
  EXPECT_LT(score({.round_trip = 600ms}), score({.round_trip = 100ms}) - 0.3);
  EXPECT_LT(score({.jitter = 100ms}), score({.jitter = 5ms}));
  EXPECT_LT(score({.loss = 0.05, .codec = {0, 4.3}}), score({.loss = 0.05, .codec = {0, 25.1}}));
}

TEST(Quality, StaysOnItsScale) {
  for (const double rating : {-10.0, 0.0, 1.0, 6.5, 50.0, 100.0, 120.0}) {
    EXPECT_GE(mos(rating), 1.0) << rating;
    EXPECT_LE(mos(rating), 4.5) << rating;
  }
  EXPECT_EQ(transmission_rating({.loss = 5, .jitter = 1h, .round_trip = 24h}), 0);
}

}  // namespace
}  // namespace parley::rtp
