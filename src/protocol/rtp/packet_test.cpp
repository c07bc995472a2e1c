#include "protocol/rtp/packet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <vector>

#include "base/random.hpp"

namespace parley::rtp {
namespace {

std::vector<std::byte> hex(std::string_view text) {
  std::vector<std::byte> bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<std::byte>(high << 4 | digit));
      high = -1;
    }
  }
  return bytes;
}

TEST(SequenceNumber, MeasuresTheShortWayRound) {
  EXPECT_EQ(distance(SequenceNumber{65535}, SequenceNumber{2}), 3);
  EXPECT_EQ(distance(SequenceNumber{2}, SequenceNumber{65535}), -3);
  EXPECT_EQ(SequenceNumber{65535}.next(), SequenceNumber{0});
}

TEST(RtpTimestamp, MeasuresTheShortWayRound) {
  EXPECT_EQ(distance(RtpTimestamp{0xFFFFFFF0}, RtpTimestamp{0x10}), 32);
  EXPECT_EQ(distance(RtpTimestamp{0x10}, RtpTimestamp{0xFFFFFFF0}), -32);
}

TEST(Packet, ReadsEveryField) {
  const auto datagram = hex("b2 80 1234 89abcdef 01020304 00000011 00000022 bede0001 10 7f 0000 aabb 000003");

  const auto packet = parse(datagram);

  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->marker);
  EXPECT_EQ(packet->payload_type, 0);
  EXPECT_EQ(packet->sequence.value(), 0x1234);
  EXPECT_EQ(packet->timestamp.ticks(), 0x89ABCDEF);
  EXPECT_EQ(packet->ssrc, 0x01020304u);
  EXPECT_EQ(packet->csrcs.size(), 8u);
  ASSERT_TRUE(packet->extension);
  EXPECT_EQ(packet->extension->profile, 0xBEDE);
  EXPECT_EQ(packet->extension->data.size(), 4u);
  EXPECT_THAT(packet->payload, testing::ElementsAre(std::byte{0xAA}, std::byte{0xBB}));
  EXPECT_EQ(packet->padding.size(), 3u);
}

TEST(Packet, EncodesBackToTheSameBytes) {
  for (const auto* text : {"8000000100000002 00000003", "80e5ffff0000000200000003 01020304",
                           "b2801234 89abcdef 01020304 00000011 00000022 bede0001 107f0000 aabb 000003",
                           "90000001000000020000000310000000", "a00000010000000200000003 ff01"}) {
    const auto datagram = hex(text);
    const auto packet = parse(datagram);
    ASSERT_TRUE(packet) << text;
    std::array<std::byte, 64> buffer;

    const auto encoded = encode(*packet, buffer);

    ASSERT_TRUE(encoded) << text;
    EXPECT_THAT(*encoded, testing::ElementsAreArray(datagram)) << text;
  }
}

TEST(Packet, RefusesEveryTruncation) {
  const auto datagram = hex("92801234 89abcdef 01020304 00000011 00000022 bede0001 107f0000");
  for (std::size_t size = 0; size < datagram.size(); ++size) {
    const auto packet = parse(std::span{datagram}.first(size));
    ASSERT_FALSE(packet) << size;
    EXPECT_EQ(packet.error(), ParseError::truncated) << size;
  }
}

TEST(Packet, NamesTheDefect) {
  EXPECT_EQ(parse(hex("000100000000000000000000")).error(), ParseError::bad_version);
  EXPECT_EQ(parse(hex("a00000010000000200000003")).error(), ParseError::bad_padding);
  EXPECT_EQ(parse(hex("a00000010000000200000003 0000")).error(), ParseError::bad_padding);
  EXPECT_EQ(parse(hex("a00000010000000200000003 0003")).error(), ParseError::bad_padding);
  EXPECT_EQ(parse(hex("80c800010000000200000003")).error(), ParseError::rtcp);
}

TEST(Packet, ThatDoesNotFitIsNotWritten) {
  std::array<std::byte, 15> buffer;
  const auto payload = hex("01020304");
  Packet packet;
  packet.payload = payload;

  const auto encoded = encode(packet, buffer);

  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error(), EncodeError::buffer_too_small);
}

std::vector<std::pair<int, std::size_t>> elements(std::uint16_t profile, std::string_view text) {
  const auto data = hex(text);
  std::vector<std::pair<int, std::size_t>> found;
  ExtensionReader reader{{profile, data}};
  while (const auto element = reader.next()) found.emplace_back(element->id, element->data.size());
  return found;
}

TEST(ExtensionReader, WalksTheOneByteForm) {
  using testing::ElementsAre;
  using testing::Pair;
  EXPECT_THAT(elements(0xBEDE, "10aa 00 21bbbb 00 00"), ElementsAre(Pair(1, 1u), Pair(2, 2u)));
  EXPECT_THAT(elements(0xBEDE, "10aa f0bb 10cc 0000"), ElementsAre(Pair(1, 1u)));  // id 15 stops
  EXPECT_THAT(elements(0xBEDE, "01aaaa 30bb 000000"), ElementsAre(Pair(3, 1u)));   // id 0 is no element
  EXPECT_THAT(elements(0xBEDE, "1faaaaaa"), ElementsAre());                        // past the end
}

TEST(ExtensionReader, WalksTheTwoByteForm) {
  using testing::ElementsAre;
  using testing::Pair;
  EXPECT_THAT(elements(0x1000, "0100 00 0f02aabb 00"), ElementsAre(Pair(1, 0u), Pair(15, 2u)));
  EXPECT_THAT(elements(0x1005, "0105aabb"), ElementsAre());
  EXPECT_THAT(elements(0x1234, "0101aabb"), ElementsAre());
}

TEST(IsRtcp, TellsTheTwoApartOnOnePort) {
  EXPECT_TRUE(is_rtcp(hex("80c8")));
  EXPECT_TRUE(is_rtcp(hex("81c90007")));
  EXPECT_FALSE(is_rtcp(hex("8080")));  // PCMU with marker
  EXPECT_FALSE(is_rtcp(hex("80e5")));  // telephone-event 101 with marker
  EXPECT_FALSE(is_rtcp(hex("00c8")));
  EXPECT_FALSE(is_rtcp(hex("80")));
}

TEST(Packet, SurvivesNoise) {
  auto random = Random::seeded(7);
  std::array<std::byte, 96> noise;
  for (int i = 0; i < 20'000; ++i) {
    const auto datagram = std::span{noise}.first(random.below(noise.size()));
    random.fill(datagram);
    if (!datagram.empty()) datagram[0] = static_cast<std::byte>(0x80 | (std::to_integer<int>(datagram[0]) & 0x3F));
    const auto packet = parse(datagram);
    if (!packet) continue;
    std::array<std::byte, 96> buffer;
    const auto encoded = encode(*packet, buffer);
    ASSERT_TRUE(encoded);
    EXPECT_TRUE(std::ranges::equal(*encoded, datagram));
    if (packet->extension) {
      ExtensionReader reader{*packet->extension};
      while (reader.next()) {
      }
    }
  }
}

}  // namespace
}  // namespace parley::rtp
