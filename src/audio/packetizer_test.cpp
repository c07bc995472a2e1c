#include "audio/packetizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::audio {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

std::vector<std::pair<std::uint32_t, std::size_t>> timestamps_and_sizes(CodecSpec spec, milliseconds ptime,
                                                                        int frames) {
  Packetizer packetizer{spec, ptime};
  std::vector<std::pair<std::uint32_t, std::size_t>> sent;
  for (int i = 0; i < frames; ++i) {
    packetizer.push(Frame{spec.rate});
    while (const auto packet = packetizer.poll()) sent.emplace_back(packet->timestamp, packet->payload.size());
  }
  return sent;
}

TEST(Packetizer, MakesPacketsOfThePeersPtimeFromFramesOf20Ms) {
  const CodecSpec pcmu{.name = CodecName::pcmu, .rate = Rate::narrow};
  using Sent = std::pair<std::uint32_t, std::size_t>;

  EXPECT_THAT(timestamps_and_sizes(pcmu, milliseconds{10}, 2),
              ElementsAre(Sent{0, 80}, Sent{80, 80}, Sent{160, 80}, Sent{240, 80}));
  EXPECT_THAT(timestamps_and_sizes(pcmu, milliseconds{20}, 2), ElementsAre(Sent{0, 160}, Sent{160, 160}));
  EXPECT_THAT(timestamps_and_sizes(pcmu, milliseconds{30}, 3), ElementsAre(Sent{0, 240}, Sent{240, 240}));
  EXPECT_THAT(timestamps_and_sizes(pcmu, milliseconds{50}, 5), ElementsAre(Sent{0, 400}, Sent{400, 400}));
  EXPECT_THAT(timestamps_and_sizes(pcmu, milliseconds{60}, 6), ElementsAre(Sent{0, 480}, Sent{480, 480}));
}

TEST(Packetizer, CountsG722At8kHzAndOpusAt48) {
  const auto g722 = timestamps_and_sizes({.name = CodecName::g722, .rate = Rate::wide}, milliseconds{20}, 2);
  const auto opus = timestamps_and_sizes({.name = CodecName::opus, .rate = Rate::wide}, milliseconds{20}, 2);

  EXPECT_EQ(g722[1].first, 160u);
  EXPECT_EQ(opus[1].first, 960u);
}

TEST(Packetizer, TakesTheNextShorterLengthThatTheCodecHas) {
  const CodecSpec opus{.name = CodecName::opus, .rate = Rate::wide};

  EXPECT_EQ((Packetizer{opus, milliseconds{30}}.ptime()), milliseconds{20});
  EXPECT_EQ((Packetizer{opus, milliseconds{50}}.ptime()), milliseconds{40});
  EXPECT_EQ((Packetizer{opus, milliseconds{120}}.ptime()), milliseconds{60});
  EXPECT_EQ((Packetizer{{}, milliseconds{0}}.ptime()), milliseconds{10});
}

TEST(Packetizer, GoesOnInTimeWhileNothingIsSentAndMarksTheRestart) {
  Packetizer packetizer{{}, milliseconds{20}};
  packetizer.push(Frame{Rate::narrow});
  const auto first = packetizer.poll();
  packetizer.push(Frame{Rate::narrow});
  const auto second = packetizer.poll();
  for (int i = 0; i < 5; ++i) packetizer.skip();
  EXPECT_FALSE(packetizer.poll());
  packetizer.push(Frame{Rate::narrow});
  const auto after = packetizer.poll();

  EXPECT_TRUE(first->marker);
  EXPECT_FALSE(second->marker);
  EXPECT_TRUE(after->marker);
  EXPECT_EQ(after->timestamp, 7 * 160u);
}

TEST(Packetizer, CompletesAHalfFullPacketWithSilence) {
  Packetizer packetizer{{}, milliseconds{40}};
  packetizer.push(Frame{Rate::narrow});
  EXPECT_FALSE(packetizer.poll());

  packetizer.skip();

  const auto packet = packetizer.poll();
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->payload.size(), 320u);
}

}  // namespace
}  // namespace parley::audio
