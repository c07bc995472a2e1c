#include "protocol/rtp/rtcp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace parley::rtp {
namespace {

constexpr ReportBlock a_block{0xAABBCCDD, 25, -3, 0x00012345, 77, 0x11112222, 0x00018000};
constexpr SenderInfo an_info{{0xE0000000, 0x80000000}, 160'000, 1000, 160'000};

std::vector<std::byte> copy(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

std::vector<std::byte> whole_compound() {
  std::array<std::byte, 256> buffer;
  CompoundWriter writer{buffer};
  writer.sender_report(1, an_info, std::array{a_block});
  writer.source_description(1, "a@192.0.2.1");
  writer.bye(1, "done");
  return copy(writer.written());
}

TEST(Compound, ReadsWhatTheWriterWrote) {
  const auto datagram = whole_compound();

  auto compound = Compound::parse(datagram);

  ASSERT_TRUE(compound);
  const auto first = compound->next();
  ASSERT_TRUE(first && std::holds_alternative<SenderReport>(*first));
  const auto& report = std::get<SenderReport>(*first);
  EXPECT_EQ(report.ssrc, 1u);
  EXPECT_EQ(report.info, an_info);
  ASSERT_EQ(report.blocks.size(), 1u);
  EXPECT_EQ(report.blocks[0], a_block);
  EXPECT_EQ(report.blocks.find(0xAABBCCDD), a_block);
  EXPECT_FALSE(report.blocks.find(5));
  const auto second = compound->next();
  ASSERT_TRUE(second && std::holds_alternative<SourceDescription>(*second));
  EXPECT_EQ(std::get<SourceDescription>(*second).cname(1), "a@192.0.2.1");
  EXPECT_FALSE(std::get<SourceDescription>(*second).cname(2));
  const auto third = compound->next();
  ASSERT_TRUE(third && std::holds_alternative<Bye>(*third));
  EXPECT_TRUE(std::get<Bye>(*third).names(1));
  EXPECT_FALSE(std::get<Bye>(*third).names(2));
  EXPECT_EQ(std::get<Bye>(*third).reason, "done");
  EXPECT_FALSE(compound->next());
}

TEST(Compound, EndsEverySdesChunkOnAWord) {
  for (std::size_t size = 0; size <= 12; ++size) {
    std::array<std::byte, 128> buffer;
    CompoundWriter writer{buffer};
    const std::string cname(size, 'x');
    writer.receiver_report(9, {});
    writer.source_description(9, cname);
    ASSERT_EQ(writer.written().size() % 4, 0u);

    auto compound = Compound::parse(writer.written());

    ASSERT_TRUE(compound) << size;
    (void)compound->next();
    const auto packet = compound->next();
    ASSERT_TRUE(packet && std::holds_alternative<SourceDescription>(*packet)) << size;
    EXPECT_EQ(std::get<SourceDescription>(*packet).cname(9), cname);
  }
}

TEST(Compound, ReadsFeedbackBehindAReport) {
  std::array<std::byte, 256> buffer;
  CompoundWriter writer{buffer};
  writer.receiver_report(1, std::array{a_block});
  const std::array nack{std::byte{0xFF}, std::byte{0xFE}, std::byte{0x80}, std::byte{0x05},
                        std::byte{0x00}, std::byte{0x20}, std::byte{0x00}, std::byte{0x00}};
  writer.feedback({.layer = Feedback::Layer::transport,
                   .format = 1,
                   .sender_ssrc = 1,
                   .media_ssrc = 2,
                   .control_information = nack});
  writer.feedback({.layer = Feedback::Layer::payload, .format = 1, .sender_ssrc = 1, .media_ssrc = 2});

  auto compound = Compound::parse(writer.written());

  ASSERT_TRUE(compound);
  (void)compound->next();
  const auto first = compound->next(), second = compound->next();
  ASSERT_TRUE(first && std::holds_alternative<Feedback>(*first));
  ASSERT_TRUE(second && std::holds_alternative<Feedback>(*second));
  EXPECT_TRUE(std::get<Feedback>(*first).is_nack());
  EXPECT_EQ(std::get<Feedback>(*first).media_ssrc, 2u);
  EXPECT_TRUE(std::get<Feedback>(*second).is_picture_loss());
  NackReader reader{std::get<Feedback>(*first)};
  std::vector<int> missing;
  while (const auto sequence = reader.next()) missing.push_back(sequence->value());
  EXPECT_THAT(missing, testing::ElementsAre(0xFFFE, 0xFFFF, 1, 14, 0x20));
}

TEST(Compound, RefusesFeedbackWithoutItsSources) {
  const std::array alone{std::byte{0x81}, std::byte{205}, std::byte{0}, std::byte{1},
                         std::byte{0},    std::byte{0},   std::byte{0}, std::byte{1}};

  const auto compound = Compound::parse(alone, ReducedSize::yes);

  ASSERT_FALSE(compound);
  EXPECT_EQ(compound.error(), RtcpError::bad_body);
}

TEST(Compound, SkipsWhatItDoesNotKnow) {
  auto datagram = whole_compound();
  const std::array app{std::byte{0x81}, std::byte{204}, std::byte{0}, std::byte{2}, std::byte{1}, std::byte{2},
                       std::byte{3},    std::byte{4},   std::byte{5}, std::byte{6}, std::byte{7}, std::byte{8}};
  datagram.insert(datagram.end(), app.begin(), app.end());

  auto compound = Compound::parse(datagram);

  ASSERT_TRUE(compound);
  std::optional<RtcpPacket> last;
  while (auto packet = compound->next()) last = packet;
  ASSERT_TRUE(std::holds_alternative<Unknown>(*last));
  EXPECT_EQ(std::get<Unknown>(*last).packet_type, 204);
  EXPECT_EQ(std::get<Unknown>(*last).body.size(), 8u);
}

TEST(Compound, RefusesEveryTruncation) {
  const auto datagram = whole_compound();
  for (std::size_t size = 0; size < datagram.size(); ++size) {
    if (size == 52 || size == 76) continue;  // where a packet of the compound ends
    EXPECT_FALSE(Compound::parse(std::span{datagram}.first(size))) << size;
  }
}

TEST(Compound, NamesTheDefect) {
  const auto error = [](std::vector<int> bytes, ReducedSize reduced = ReducedSize::no) {
    std::vector<std::byte> datagram;
    for (const int byte : bytes) datagram.push_back(static_cast<std::byte>(byte));
    const auto compound = Compound::parse(datagram, reduced);
    return compound ? std::optional<RtcpError>{} : compound.error();
  };

  EXPECT_EQ(error({0x80, 201}), RtcpError::truncated);
  EXPECT_EQ(error({0x40, 201, 0, 1, 0, 0, 0, 1}), RtcpError::bad_version);
  EXPECT_EQ(error({0x80, 201, 0, 2, 0, 0, 0, 1}), RtcpError::bad_length);
  EXPECT_EQ(error({0x80, 203, 0, 0}), RtcpError::bad_first);
  EXPECT_EQ(error({0x81, 201, 0, 1, 0, 0, 0, 1}), RtcpError::bad_body);
  EXPECT_EQ(error({0x80, 200, 0, 1, 0, 0, 0, 1}), RtcpError::bad_body);
  EXPECT_EQ(error({0xA0, 201, 0, 1, 0, 0, 0, 0}), RtcpError::bad_padding);
  EXPECT_EQ(error({0xA0, 201, 0, 1, 0, 0, 0, 8}), RtcpError::bad_padding);
  EXPECT_EQ(error({0xA0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, 0x80, 203, 0, 0}), RtcpError::bad_padding);
  EXPECT_EQ(error({0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 203, 0, 2, 0, 0, 0, 1, 4, 'a', 'b', 'c'}),
            RtcpError::bad_body);  // a reason longer than its packet
  EXPECT_EQ(error({0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 202, 0, 2, 0, 0, 0, 1, 1, 9, 'b', 'c'}),
            RtcpError::bad_body);  // an item longer than its packet
  EXPECT_EQ(error({0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 202, 0, 2, 0, 0, 0, 1, 1, 2, 'b', 'c'}),
            RtcpError::bad_body);  // a chunk without its end
}

TEST(Compound, AllowsPaddingInItsLastPacketOnly) {
  const std::array<std::byte, 12> padded{
      std::byte{0xA0}, std::byte{201}, {}, std::byte{2}, {}, {}, {}, std::byte{1}, {}, {}, {}, std::byte{4}};

  auto compound = Compound::parse(padded);

  ASSERT_TRUE(compound);
  EXPECT_TRUE(std::holds_alternative<ReceiverReport>(*compound->next()));
}

TEST(Compound, MayBeReducedWhereThatWasNegotiated) {
  const std::array<std::byte, 8> bye{std::byte{0x81}, std::byte{203}, {}, std::byte{1}, {}, {}, {}, std::byte{7}};

  EXPECT_FALSE(Compound::parse(bye));
  EXPECT_TRUE(Compound::parse(bye, ReducedSize::yes));
}

TEST(CompoundWriter, GivesNothingWhenTheBufferIsTooSmall) {
  std::array<std::byte, 30> buffer;
  CompoundWriter writer{buffer};

  writer.sender_report(1, an_info, std::array{a_block});

  EXPECT_TRUE(writer.written().empty());
}

TEST(NtpTime, CountsFrom1900) {
  const WallTime time{std::chrono::seconds{1'700'000'000} + std::chrono::milliseconds{500}};

  EXPECT_EQ(NtpTime::from(time), (NtpTime{3'908'988'800u, 0x80000000u}));
  EXPECT_EQ((NtpTime{0x12345678, 0x9ABCDEF0}.middle()), 0x56789ABCu);
}

TEST(Compound, SurvivesNoise) {
  auto random = Random::seeded(11);
  const auto sound = whole_compound();
  for (int i = 0; i < 20'000; ++i) {
    auto datagram = sound;
    for (int k = 0; k < 3; ++k) datagram[random.below(datagram.size())] = static_cast<std::byte>(random.u16());
    auto compound = Compound::parse(datagram, ReducedSize::yes);
    if (!compound) continue;
    std::size_t packets = 0;
    while (compound->next()) ++packets;
    EXPECT_LE(packets, datagram.size() / 4);
  }
}

}  // namespace
}  // namespace parley::rtp
