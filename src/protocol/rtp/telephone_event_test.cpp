#include "protocol/rtp/telephone_event.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/testing/source_folder.hpp"

namespace parley::rtp {
namespace {

using testing::ElementsAre;

/// One event packet, with what the tests vary.
struct Sent {
  Duration at{};
  bool marker = false;
  std::uint32_t timestamp = 0;
  std::uint8_t event = 0;
  std::uint16_t duration = 0;
  bool end = false;
};

/// `9+` when pressed, `9-200` when released after 200 ms.
std::vector<std::string> drain(TelephoneEventReceiver& receiver) {
  std::vector<std::string> seen;
  while (const auto output = receiver.poll()) {
    if (const auto* pressed = std::get_if<TelephoneEventReceiver::Pressed>(&*output))
      seen.push_back(std::to_string(pressed->event) + "+");
    if (const auto* released = std::get_if<TelephoneEventReceiver::Released>(&*output))
      seen.push_back(std::to_string(released->event) + "-" + std::to_string(to_ms(released->held)));
  }
  return seen;
}

void give(TelephoneEventReceiver& receiver, const Sent& sent) {
  std::array<std::byte, 4> payload;
  ByteWriter out{payload};
  out.u8(sent.event);
  out.u8(static_cast<std::uint8_t>((sent.end ? 0x80 : 0) | 10));
  out.u16(sent.duration);
  Packet packet;
  packet.marker = sent.marker;
  packet.timestamp = RtpTimestamp{sent.timestamp};
  packet.payload = payload;
  receiver.receive(packet, TimePoint{} + sent.at);
}

std::vector<std::string> heard(const std::vector<Sent>& packets) {
  TelephoneEventReceiver receiver{{}};
  std::vector<std::string> seen;
  for (const auto& packet : packets) {
    receiver.advance(TimePoint{} + packet.at);
    give(receiver, packet);
    for (auto& one : drain(receiver)) seen.push_back(one);
  }
  receiver.advance(receiver.deadline());
  for (auto& one : drain(receiver)) seen.push_back(one);
  return seen;
}

std::vector<Sent> rfc_example() {
  std::ifstream file{source_folder() / "tests/data/rtp/rfc4733_dialling_911.txt"};
  std::vector<Sent> packets;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream fields{line};
    int time = 0, sequence = 0, event = 0;
    Sent packet;
    fields >> time >> packet.marker >> packet.timestamp >> sequence >> event >> packet.duration >> packet.end;
    packet.at = std::chrono::milliseconds{time};
    packet.event = static_cast<std::uint8_t>(event);
    packets.push_back(packet);
  }
  return packets;
}

const std::vector<std::string> dialled_911{"9+", "9-200", "1+", "1-250", "1+", "1-220"};

TEST(TelephoneEventReceiver, HearsTheExampleOfTheRfc) {
  ASSERT_EQ(rfc_example().size(), 20u);
  EXPECT_EQ(heard(rfc_example()), dialled_911);
}

TEST(TelephoneEventReceiver, ReportsEachKeyOnceWhicheverPacketIsLost) {
  const auto all = rfc_example();
  for (std::size_t lost = 0; lost < all.size(); ++lost) {
    auto packets = all;
    packets.erase(packets.begin() + static_cast<std::ptrdiff_t>(lost));
    EXPECT_EQ(heard(packets), dialled_911) << "without packet " << lost + 1;
  }
}

TEST(TelephoneEventReceiver, ReportsEachKeyOnceWhenOnlyEndPacketsArrive) {
  std::vector<Sent> ends;
  for (const auto& packet : rfc_example())
    if (packet.end) ends.push_back(packet);

  EXPECT_EQ(heard(ends), dialled_911);
}

TEST(TelephoneEventReceiver, ReportsEachKeyOnceWhenNoEndPacketArrives) {
  std::vector<Sent> updates;
  for (const auto& packet : rfc_example())
    if (!packet.end) updates.push_back(packet);

  EXPECT_EQ(heard(updates), (std::vector<std::string>{"9+", "9-200", "1+", "1-250", "1+", "1-200"}));
}

TEST(TelephoneEventReceiver, IgnoresDuplicatesAndLatecomers) {
  std::vector<Sent> packets;
  for (const auto& packet : rfc_example()) {
    packets.push_back(packet);
    packets.push_back(packet);
    if (packets.size() > 20) packets.push_back(packets[packets.size() - 14]);
  }
  EXPECT_EQ(heard(packets), dialled_911);
}

TEST(TelephoneEventReceiver, HearsAKeyWhoseNextComesBeforeItsEnd) {
  EXPECT_THAT(heard({{0ms, true, 0, 5, 160, false},
                     {20ms, false, 0, 5, 320, false},
                     {60ms, true, 480, 6, 160, false},
                     {80ms, false, 0, 5, 400, true},
                     {90ms, false, 480, 6, 400, true}}),
              ElementsAre("5+", "5-40", "6+", "6-50"));
}

TEST(TelephoneEventReceiver, TakesTheSegmentsOfALongKeyForOneKey) {
  EXPECT_THAT(heard({{0s, true, 1000, 3, 400, false},
                     {100ms, false, 1000, 3, 8000, false},
                     {200ms, false, 1000, 3, 65000, false},  // the segment's last update was lost
                     {300ms, false, 1000 + 65535, 3, 100, false},
                     {400ms, false, 1000 + 65535, 3, 14465, true},
                     {400ms, false, 1000 + 65535, 3, 14465, true}})
                  .back(),
              "3-10000");
  EXPECT_EQ(heard({{0ms, true, 0, 3, 65535, false}, {100ms, false, 65535, 3, 160, true}}).size(), 2u);
}

TEST(TelephoneEventReceiver, ForgivesGatewaysThatMoveTheTimestampWithEveryUpdate) {
  EXPECT_THAT(heard({{0ms, true, 0, 7, 160, false},
                     {20ms, false, 160, 7, 160, false},
                     {40ms, false, 320, 7, 160, false},
                     {60ms, false, 480, 7, 160, true},
                     {62ms, false, 480, 7, 160, true}}),
              ElementsAre("7+", "7-80"));
}

TEST(TelephoneEventReceiver, KnowsTheEndOfALongKeyThatHadNoUpdates) {
  EXPECT_THAT(
      heard({{0ms, true, 160, 7, 160, false}, {5s, false, 160, 7, 40'000, true}, {5s, false, 160, 7, 40'000, true}}),
      ElementsAre("7+", "7-20"));
}

TEST(TelephoneEventReceiver, HearsTheSameKeyTwiceEvenWithoutMarkers) {
  EXPECT_THAT(heard({{0ms, false, 0, 7, 800, true}, {200ms, false, 1600, 7, 800, true}}),
              ElementsAre("7+", "7-100", "7+", "7-100"));
}

TEST(TelephoneEventReceiver, WrapsWithTheTimestamp) {
  EXPECT_THAT(heard({{0ms, true, 0xFFFFFF00, 1, 800, true}, {200ms, true, 1344, 2, 800, true}}),
              ElementsAre("1+", "1-100", "2+", "2-100"));
}

TEST(TelephoneEventReceiver, BeginsAnewWhenTheTimelineDoes) {
  EXPECT_THAT(heard({{0ms, true, 800'000, 1, 800, true}, {200ms, true, 160, 2, 800, true}}),
              ElementsAre("1+", "1-100", "2+", "2-100"));
  EXPECT_THAT(heard({{0ms, true, 800, 1, 800, true}, {5s, true, 800, 1, 800, true}}),
              ElementsAre("1+", "1-100", "1+", "1-100"));
}

TEST(TelephoneEventReceiver, ReadsSeveralEventsOfOnePacket) {
  const std::array payload{std::byte{4}, std::byte{0x8A}, std::byte{0x03}, std::byte{0x20},
                           std::byte{8}, std::byte{0x8A}, std::byte{0x06}, std::byte{0x40}};
  Packet packet;
  packet.payload = payload;
  TelephoneEventReceiver receiver{{}};

  receiver.receive(packet, TimePoint{});
  receiver.receive(packet, TimePoint{} + 20ms);

  EXPECT_THAT(drain(receiver), ElementsAre("4+", "4-100", "8+", "8-200"));
}

TEST(TelephoneEventReceiver, ReleasesAHeldKeyWhenTheStreamChanges) {
  TelephoneEventReceiver receiver{{}};
  give(receiver, {0ms, true, 0, 5, 160, false});

  receiver.reset();
  give(receiver, {10ms, true, 0, 5, 160, false});

  EXPECT_THAT(drain(receiver), ElementsAre("5+", "5-20", "5+"));
}

TEST(TelephoneEventReceiver, CountsWhatItCannotUse) {
  TelephoneEventReceiver receiver{{}};
  give(receiver, {0ms, true, 0, 36, 160, false});  // a fax tone
  receiver.receive(Packet{}, TimePoint{});

  EXPECT_THAT(drain(receiver), ElementsAre());
  EXPECT_EQ(receiver.ignored(), 1u);
  EXPECT_EQ(receiver.malformed(), 1u);
}

TEST(TelephoneEventReceiver, StaysBoundedUnderNoise) {
  auto random = Random::seeded(3);
  TelephoneEventReceiver receiver{{}};
  std::array<std::byte, 400> noise;
  int pressed = 0, released = 0;
  for (int i = 0; i < 20'000; ++i) {
    random.fill(noise);
    Packet packet;
    packet.marker = random.below(2) == 0;
    packet.timestamp = RtpTimestamp{static_cast<std::uint32_t>(random.below(4000))};
    packet.payload = std::span{noise}.first(random.below(noise.size()));
    receiver.receive(packet, TimePoint{} + i * 1ms);
    for (const auto& one : drain(receiver)) ++(one.ends_with('+') ? pressed : released);
    EXPECT_LE(pressed - released, 1);
  }
  EXPECT_GT(pressed, 100);
}

/// What the sender puts on the wire over `ticks` ticks of 20 ms, `-` for a tick of audio.
std::vector<std::string> sent(TelephoneEventSender& sender, int ticks, std::uint32_t first_timestamp) {
  std::vector<std::string> lines;
  for (int i = 0; i < ticks; ++i) {
    const auto packet = sender.next(RtpTimestamp{first_timestamp + static_cast<std::uint32_t>(i) * 160});
    if (!packet) {
      lines.emplace_back("-");
      continue;
    }
    ByteReader in{packet->payload};
    const int event = in.u8(), flags = in.u8(), duration = in.u16();
    EXPECT_EQ(flags & 0x3F, 10);
    lines.push_back(std::string{packet->marker ? "M" : ""} + std::to_string(packet->timestamp.ticks()) + ":" +
                    std::to_string(event) + ":" + std::to_string(duration) + ((flags & 0x80) != 0 ? "E" : ""));
  }
  return lines;
}

TEST(TelephoneEventSender, HoldsTheTimestampAndEndsThreeTimes) {
  TelephoneEventSender sender{{}};
  ASSERT_TRUE(sender.press(5, 60ms));
  ASSERT_TRUE(sender.press(11, 50ms));

  EXPECT_THAT(sent(sender, 12, 1000),
              ElementsAre("M1000:5:160", "1000:5:320", "1000:5:480E", "1000:5:480E", "1000:5:480E", "M1800:11:160",
                          "1800:11:320", "1800:11:400E", "1800:11:400E", "1800:11:400E", "-", "-"));
  EXPECT_FALSE(sender.active());
}

TEST(TelephoneEventSender, KeepsALongerGapWhenAsked) {
  TelephoneEventSender sender{{.gap = 100ms}};
  sender.press(1, 40ms);
  sender.press(2, 40ms);

  const auto lines = sent(sender, 9, 0);

  EXPECT_THAT(std::vector<std::string>(lines.begin() + 4, lines.begin() + 8),
              ElementsAre("-", "-", "-", "M1120:2:160"));
}

TEST(TelephoneEventSender, CutsALongKeyIntoSegmentsThatAReceiverJoins) {
  TelephoneEventSender sender{{}};
  sender.press(9, 20s);
  TelephoneEventReceiver receiver{{}};
  std::vector<std::string> seen;
  int segments = 1;
  RtpTimestamp segment{0};

  for (std::uint32_t tick = 0; sender.active(); ++tick) {
    const auto event = sender.next(RtpTimestamp{tick * 160});
    if (!event) continue;
    if (event->timestamp != segment) ++segments;
    segment = event->timestamp;
    Packet packet;
    packet.marker = event->marker;
    packet.timestamp = event->timestamp;
    packet.payload = event->payload;
    receiver.receive(packet, TimePoint{} + tick * 20ms);
    for (auto& one : drain(receiver)) seen.push_back(one);
  }

  EXPECT_EQ(segments, 3);
  EXPECT_THAT(seen, ElementsAre("9+", "9-20000"));
}

TEST(TelephoneEventSender, RefusesMoreThanItsQueueHolds) {
  TelephoneEventSender sender{{}};
  for (int i = 0; i < 64; ++i) EXPECT_TRUE(sender.press(1));
  EXPECT_FALSE(sender.press(1));
}

TEST(TelephoneEvent, NamesTheSixteenKeys) {
  for (const char key : std::string_view{"0123456789*#ABCD"}) EXPECT_EQ(key_of(*event_of(key)), key);
  EXPECT_EQ(event_of('*'), 10);
  EXPECT_EQ(event_of('#'), 11);
  EXPECT_EQ(event_of('d'), 15);
  EXPECT_FALSE(event_of('x'));
  EXPECT_FALSE(key_of(16));
}

}  // namespace
}  // namespace parley::rtp
