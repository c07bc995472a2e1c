#include "protocol/rtp/header_extension.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace parley::rtp {
namespace {

using testing::ElementsAre;

constexpr ExtensionIds ids{.mid = 4, .audio_level = 1, .transport_sequence = 3};

template <class... Values>
std::vector<std::byte> bytes(Values... values) {
  return {static_cast<std::byte>(values)...};
}
std::vector<int> numbers(std::span<const std::byte> data) {
  std::vector<int> out;
  for (const auto byte : data) out.push_back(std::to_integer<int>(byte));
  return out;
}

TEST(ReadExtensions, FindsWhatABrowserSends) {
  // Chromium's order: audio level, absolute send time (not ours), transport sequence, mid "0".
  const auto data = bytes(0x10, 0x85, 0x22, 1, 2, 3, 0x31, 0x12, 0x34, 0x40, '0', 0);

  const auto found = read_extensions({0xBEDE, data}, ids);

  EXPECT_EQ(found.mid, "0");
  EXPECT_EQ(found.audio_level, (AudioLevel{true, 5}));
  EXPECT_EQ(found.transport_sequence, 0x1234);
}

TEST(ReadExtensions, ReadsTheTwoByteFormToo) {
  const auto data = bytes(4, 5, 'a', 'u', 'd', 'i', 'o', 1, 1, 0x7F, 0, 3, 2, 0xFF, 0xFE, 0);

  const auto found = read_extensions({0x1000, data}, ids);

  EXPECT_EQ(found.mid, "audio");
  EXPECT_EQ(found.audio_level, (AudioLevel{false, 127}));
  EXPECT_EQ(found.transport_sequence, 0xFFFE);
}

TEST(ReadExtensions, TakesAWrongSizeForAbsent) {
  const auto data = bytes(0x11, 0x85, 0x85, 0x30, 0x12, 0x30, 0x34, 0);

  const auto found = read_extensions({0xBEDE, data}, ids);

  EXPECT_FALSE(found.audio_level);
  EXPECT_FALSE(found.transport_sequence);
}

TEST(ReadExtensions, FindsNothingThatWasNotNegotiated) {
  const auto data = bytes(0x10, 0x85, 0x31, 0x12, 0x34, 0x40, '0', 0);

  const auto found = read_extensions({0xBEDE, data}, {});

  EXPECT_TRUE(found.mid.empty());
  EXPECT_FALSE(found.audio_level || found.transport_sequence);
}

TEST(ExtensionWriter, WritesWholeWords) {
  std::array<std::byte, 16> buffer;
  buffer.fill(std::byte{0xEE});
  ExtensionWriter writer{buffer};

  EXPECT_TRUE(writer.mid(4, "0"));
  EXPECT_TRUE(writer.audio_level(1, {.voice = true, .level = 5}));
  EXPECT_TRUE(writer.transport_sequence(3, 0x1234));
  const auto result = writer.result();

  ASSERT_TRUE(result);
  EXPECT_EQ(result->profile, 0xBEDE);
  EXPECT_THAT(numbers(result->data), ElementsAre(0x40, '0', 0x10, 0x85, 0x31, 0x12, 0x34, 0));
}

TEST(ExtensionWriter, WritesNothingForNothing) {
  std::array<std::byte, 16> buffer;
  ExtensionWriter writer{buffer};

  EXPECT_FALSE(writer.mid(4, ""));
  EXPECT_FALSE(writer.mid(0, "0"));

  EXPECT_FALSE(writer.result());
}

TEST(ExtensionWriter, LeavesOutWhatTheOneByteFormCannotSay) {
  std::array<std::byte, 64> buffer;
  ExtensionWriter writer{buffer};

  EXPECT_FALSE(writer.mid(15, "0"));
  EXPECT_FALSE(writer.mid(4, "seventeen letters"));
  EXPECT_TRUE(writer.mid(4, "sixteen letters!"));
}

TEST(ExtensionWriter, SaysInTheTwoByteFormWhatTheOtherCannot) {
  std::array<std::byte, 64> buffer;
  ExtensionWriter writer{buffer, ExtensionWriter::Form::two_byte};
  ASSERT_TRUE(writer.mid(200, "seventeen letters"));
  ASSERT_TRUE(writer.add(15, {}));

  const auto result = writer.result();

  ASSERT_TRUE(result);
  EXPECT_EQ(result->data.size(), 24u);
  EXPECT_EQ(read_extensions(*result, {.mid = 200}).mid, "seventeen letters");
}

TEST(ExtensionWriter, LeavesOutWhatDoesNotFit) {
  std::array<std::byte, 7> buffer;
  ExtensionWriter writer{buffer};

  EXPECT_TRUE(writer.transport_sequence(3, 1));
  EXPECT_FALSE(writer.audio_level(1, {}));  // one word is all that seven bytes hold

  ASSERT_TRUE(writer.result());
  EXPECT_EQ(writer.result()->data.size(), 4u);
}

}  // namespace
}  // namespace parley::rtp
