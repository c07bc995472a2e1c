#include "protocol/rtp/latching.hpp"

#include <gtest/gtest.h>

#include "protocol/rtp/media_watch.hpp"

namespace parley::rtp {
namespace {

using Verdict = Latching::Verdict;

const Endpoint in_sdp{IpAddress::v4(0x0A000005), 4000};
const Endpoint behind_nat{IpAddress::v4(0xC0000201), 61000};
const Endpoint stranger{IpAddress::v4(0xCB007109), 5555};
const TimePoint start{};

TEST(Latching, SendsToTheSdpUntilAPacketComesFromElsewhere) {
  Latching latching{{}};
  EXPECT_FALSE(latching.destination());
  latching.negotiate(in_sdp);
  EXPECT_EQ(latching.destination(), in_sdp);

  EXPECT_EQ(latching.receive(behind_nat, start), Verdict::latched);

  EXPECT_EQ(latching.destination(), behind_nat);
  EXPECT_TRUE(latching.locked());
}

TEST(Latching, KeepsStrangersOutOfALockedStream) {
  Latching latching{{}};
  latching.negotiate(in_sdp);
  latching.receive(behind_nat, start);

  for (int i = 1; i <= 100; ++i) {
    EXPECT_EQ(latching.receive(stranger, start + i * 20ms), Verdict::rejected);
    EXPECT_EQ(latching.receive(behind_nat, start + i * 20ms), Verdict::accepted);
  }

  EXPECT_EQ(latching.destination(), behind_nat);
  EXPECT_EQ(latching.rejected(), 100u);
}

TEST(Latching, LocksTheSdpAddressToo) {
  Latching latching{{}};
  latching.negotiate(in_sdp);
  latching.receive(in_sdp, start);

  EXPECT_EQ(latching.receive(stranger, start + 1s), Verdict::rejected);
}

TEST(Latching, TakesAnotherSourceOnceTheFirstWasSilent) {
  Latching latching{{.relock_after = 5s}};
  latching.negotiate(in_sdp);
  latching.receive(behind_nat, start);

  EXPECT_EQ(latching.receive(stranger, start + 4999ms), Verdict::rejected);
  EXPECT_EQ(latching.receive(stranger, start + 5s), Verdict::latched);
  EXPECT_EQ(latching.switches(), 1u);
}

TEST(Latching, IsNotKeptBusyByTheStrangerItRejects) {
  Latching latching{{.relock_after = 5s}};
  latching.receive(behind_nat, start);
  for (int i = 0; i < 249; ++i) latching.receive(stranger, start + i * 20ms);

  EXPECT_EQ(latching.receive(in_sdp, start + 5s), Verdict::latched);
}

TEST(Latching, UnlocksForANewSdpAndOnlyForANewOne) {
  Latching latching{{}};
  latching.negotiate(in_sdp);
  latching.receive(behind_nat, start);

  latching.negotiate(in_sdp);
  EXPECT_EQ(latching.receive(stranger, start + 1s), Verdict::rejected);
  latching.negotiate(in_sdp, true);
  EXPECT_EQ(latching.destination(), in_sdp);
  latching.receive(behind_nat, start + 1s);
  latching.negotiate(stranger);
  EXPECT_EQ(latching.destination(), stranger);
  EXPECT_EQ(latching.receive(stranger, start + 2s), Verdict::latched);
}

TEST(Latching, TakesOnlyTheNegotiatedAddressWhenStrict) {
  Latching latching{{.mode = Latching::Mode::strict}};
  EXPECT_EQ(latching.receive(in_sdp, start), Verdict::rejected);
  latching.negotiate(in_sdp);

  EXPECT_EQ(latching.receive(behind_nat, start + 1h), Verdict::rejected);
  EXPECT_EQ(latching.receive(in_sdp, start + 1h), Verdict::latched);
  EXPECT_EQ(latching.destination(), in_sdp);
}

TEST(Latching, FollowsAnAuthenticatedPeerAtOnce) {
  Latching latching{{.mode = Latching::Mode::authenticated}};
  latching.receive(in_sdp, start);

  EXPECT_EQ(latching.receive(behind_nat, start + 20ms), Verdict::latched);
  EXPECT_EQ(latching.destination(), behind_nat);
}

TEST(MediaWatch, ExpiresAfterThirtySilentSeconds) {
  MediaWatch watch{start};
  watch.expect(true, start);
  watch.heard(start + 10s);

  EXPECT_FALSE(watch.expired(start + 39s));
  EXPECT_EQ(watch.deadline(), start + 40s);
  EXPECT_TRUE(watch.expired(start + 40s));
}

TEST(MediaWatch, WaitsForEverOnHold) {
  MediaWatch watch{start};
  watch.expect(true, start);
  watch.expect(false, start + 5s);

  EXPECT_EQ(watch.deadline(), TimePoint::max());
  EXPECT_FALSE(watch.expired(start + 24h));
}

TEST(MediaWatch, BeginsAnewWhenResumedButNotWhenRepeated) {
  MediaWatch watch{start};
  watch.expect(true, start + 1h);
  EXPECT_EQ(watch.deadline(), start + 1h + 30s);

  watch.expect(true, start + 1h + 20s);

  EXPECT_EQ(watch.deadline(), start + 1h + 30s);
}

}  // namespace
}  // namespace parley::rtp
