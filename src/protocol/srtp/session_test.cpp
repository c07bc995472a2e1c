#include "protocol/srtp/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "base/bytes.hpp"

namespace parley::srtp {
namespace {

using Bytes = std::vector<std::byte>;
constexpr std::array profiles{Profile::aes128_cm_sha1_80, Profile::aes128_cm_sha1_32, Profile::aead_aes_128_gcm,
                              Profile::aead_aes_256_gcm};

MasterKey master(Profile profile, unsigned char first) {
  Bytes key(key_size(profile)), salt(salt_size(profile));
  for (auto& byte : key) byte = std::byte{first++};
  for (auto& byte : salt) byte = std::byte{first++};
  return {key, salt};
}
Keys caller_keys(Profile profile) { return {profile, master(profile, 1), master(profile, 100)}; }
Keys callee_keys(Profile profile) { return {profile, master(profile, 100), master(profile, 1)}; }

Bytes rtp(std::uint16_t sequence, std::uint32_t ssrc = 7) {
  Bytes packet(12 + 20, std::byte{0x55});
  ByteWriter out{packet};
  out.u8(0x80);
  out.u8(111);
  out.u16(sequence);
  out.u32(sequence * 960u);
  out.u32(ssrc);
  return packet;
}
Bytes receiver_report(std::uint32_t ssrc = 7) {
  Bytes packet(8);
  ByteWriter out{packet};
  out.u8(0x80);
  out.u8(201);
  out.u16(1);
  out.u32(ssrc);
  return packet;
}
Bytes protected_by(Session& session, Bytes packet) {
  const auto size = packet.size();
  packet.resize(size + max_overhead);
  const auto result = session.protect(packet, size);
  EXPECT_TRUE(result);
  packet.resize(result ? result->size() : 0);
  return packet;
}
Bytes protected_rtcp_by(Session& session, Bytes packet) {
  const auto size = packet.size();
  packet.resize(size + max_overhead);
  const auto result = session.protect_rtcp(packet, size);
  EXPECT_TRUE(result);
  packet.resize(result ? result->size() : 0);
  return packet;
}
Error error_of(const Result<std::span<std::byte>, Error>& result) {
  EXPECT_FALSE(result);
  return result ? Error::count : result.error();
}

class EveryProfile : public testing::TestWithParam<Profile> {
 protected:
  Session caller{caller_keys(GetParam())}, callee{callee_keys(GetParam())};
};
INSTANTIATE_TEST_SUITE_P(Srtp, EveryProfile, testing::ValuesIn(profiles),
                         [](const auto& test) { return std::string{name(test.param)}; });

TEST_P(EveryProfile, GivesBackWhatThePeerProtected) {
  const auto plain = rtp(1);
  auto packet = protected_by(caller, plain);
  auto report = protected_rtcp_by(caller, receiver_report());
  EXPECT_EQ(packet.size(), plain.size() + tag_size(GetParam()));
  EXPECT_EQ(report.size(), receiver_report().size() + rtcp_tag_size(GetParam()) + 4);
  EXPECT_FALSE(std::ranges::equal(std::span{packet}.subspan(12, 20), std::span{plain}.subspan(12)));

  const auto media = callee.unprotect(packet);
  const auto rtcp = callee.unprotect_rtcp(report);

  ASSERT_TRUE(media && rtcp);
  EXPECT_TRUE(std::ranges::equal(*media, plain));
  EXPECT_TRUE(std::ranges::equal(*rtcp, receiver_report()));
}

TEST_P(EveryProfile, RefusesAPacketWithAnyBitChanged) {
  const auto genuine = protected_by(caller, rtp(1));
  for (std::size_t bit = 0; bit < genuine.size() * 8; ++bit) {
    auto packet = genuine;
    packet[bit / 8] ^= std::byte{static_cast<unsigned char>(1u << bit % 8)};

    EXPECT_FALSE(callee.unprotect(packet)) << bit;
  }

  auto packet = genuine;
  EXPECT_TRUE(callee.unprotect(packet));  // none of them has used its place up
  EXPECT_EQ(callee.refused(Error::replay), 0u);
}

TEST_P(EveryProfile, RefusesItsOwnPacketsSentBack) {
  auto packet = protected_by(caller, rtp(1));
  auto report = protected_rtcp_by(caller, receiver_report());

  EXPECT_EQ(error_of(caller.unprotect(packet)), Error::authentication);
  EXPECT_EQ(error_of(caller.unprotect_rtcp(report)), Error::authentication);
}

TEST_P(EveryProfile, RefusesAPacketTheSecondTime) {
  const auto packet = protected_by(caller, rtp(1));
  const auto report = protected_rtcp_by(caller, receiver_report());
  auto first = packet, second = packet, first_report = report, second_report = report;
  ASSERT_TRUE(callee.unprotect(first));
  ASSERT_TRUE(callee.unprotect_rtcp(first_report));

  EXPECT_EQ(error_of(callee.unprotect(second)), Error::replay);
  EXPECT_EQ(error_of(callee.unprotect_rtcp(second_report)), Error::replay);
  EXPECT_EQ(callee.refused(Error::replay), 2u);
}

TEST_P(EveryProfile, RefusesWhatIsOlderThanTheWindow) {
  auto old = protected_by(caller, rtp(1)), recent = protected_by(caller, rtp(3));
  for (std::uint16_t sequence = 4; sequence < 1030; ++sequence) {
    auto packet = protected_by(caller, rtp(sequence));
    ASSERT_TRUE(callee.unprotect(packet));
  }

  EXPECT_EQ(error_of(callee.unprotect(old)), Error::replay);
  EXPECT_EQ(error_of(callee.unprotect(recent)), Error::replay);
}

TEST_P(EveryProfile, FollowsTheSequenceNumberAroundThroughLossAndReordering) {
  std::vector<Bytes> sent;
  for (unsigned i = 0; i < 200; ++i) sent.push_back(protected_by(caller, rtp(static_cast<std::uint16_t>(65436 + i))));
  for (std::size_t i = 0; i + 10 < sent.size(); i += 10)
    std::reverse(sent.begin() + static_cast<long>(i), sent.begin() + static_cast<long>(i) + 10);

  for (std::size_t i = 0; i < sent.size(); ++i) {
    if (i % 7 == 0) continue;  // lost
    EXPECT_TRUE(callee.unprotect(sent[i])) << i;
  }
}

TEST_P(EveryProfile, RefusesEveryShorterPacket) {
  const auto packet = protected_by(caller, rtp(1));
  const auto report = protected_rtcp_by(caller, receiver_report());

  for (std::size_t size = 0; size < packet.size(); ++size) {
    Bytes cut{packet.begin(), packet.begin() + static_cast<long>(size)};
    EXPECT_FALSE(callee.unprotect(cut)) << size;
  }
  for (std::size_t size = 0; size < report.size(); ++size) {
    Bytes cut{report.begin(), report.begin() + static_cast<long>(size)};
    EXPECT_FALSE(callee.unprotect_rtcp(cut)) << size;
  }
  EXPECT_GE(callee.refused(Error::malformed), 12u + 8u);
}

TEST_P(EveryProfile, RefusesAnExtensionThatGoesPastTheEnd) {
  auto packet = protected_by(caller, rtp(1));
  packet[0] |= std::byte{0x10};  // now the payload is taken for an extension of 0x5555 words

  EXPECT_FALSE(callee.unprotect(packet));
}

TEST(Srtp, WantsRoomForTheTag) {
  Session session{caller_keys(Profile::aead_aes_128_gcm)};
  auto packet = rtp(1);
  const auto size = packet.size();
  packet.resize(size + 15);

  EXPECT_EQ(error_of(session.protect(packet, size)), Error::buffer_too_small);
  packet.resize(size + 16);
  EXPECT_TRUE(session.protect(packet, size));
}

TEST(Srtp, IsNotFilledByForgedSources) {
  Session caller{caller_keys(Profile::aead_aes_128_gcm)}, callee{callee_keys(Profile::aead_aes_128_gcm)};
  for (std::uint32_t ssrc = 1000; ssrc < 11'000; ++ssrc) {
    Bytes forged = rtp(1, ssrc);
    forged.resize(forged.size() + 16);
    ASSERT_EQ(error_of(callee.unprotect(forged)), Error::authentication);
  }

  auto genuine = protected_by(caller, rtp(1));
  EXPECT_TRUE(callee.unprotect(genuine));
}

TEST(Srtp, RefusesMoreSourcesThanThereIsRoomForAndKeepsTheOldOnes) {
  const auto profile = Profile::aes128_cm_sha1_80;
  Session caller{caller_keys(profile), {.max_sources = 100}}, callee{callee_keys(profile), {.max_sources = 4}};
  for (std::uint32_t ssrc = 1; ssrc <= 4; ++ssrc) {
    auto packet = protected_by(caller, rtp(1, ssrc));
    ASSERT_TRUE(callee.unprotect(packet));
  }

  auto fifth = protected_by(caller, rtp(1, 5)), first_again = protected_by(caller, rtp(2, 1));
  auto report_of_fifth = protected_rtcp_by(caller, receiver_report(5));

  EXPECT_EQ(error_of(callee.unprotect(fifth)), Error::too_many_sources);
  EXPECT_EQ(error_of(callee.unprotect_rtcp(report_of_fifth)), Error::too_many_sources);
  EXPECT_TRUE(callee.unprotect(first_again));
}

TEST(Srtp, ANewKeyOfOneSideLeavesTheOtherSidesCountersAlone) {
  const auto profile = Profile::aes128_cm_sha1_80;
  Session caller{caller_keys(profile)}, callee{callee_keys(profile)};
  auto before = protected_by(caller, rtp(1));
  auto replayed = before;
  auto answer = protected_by(callee, rtp(1));
  const auto answer_again = answer;
  ASSERT_TRUE(callee.unprotect(before));
  ASSERT_TRUE(caller.unprotect(answer));

  const Keys fresh{profile, master(profile, 50), master(profile, 100)};
  caller.rekey(fresh);
  callee.rekey({profile, fresh.remote, fresh.local});

  auto after = protected_by(caller, rtp(2));
  EXPECT_TRUE(callee.unprotect(after));
  EXPECT_EQ(error_of(callee.unprotect(replayed)), Error::authentication) << "the old key is no longer taken";
  auto old_answer = answer_again;
  EXPECT_EQ(error_of(caller.unprotect(old_answer)), Error::replay) << "its key has not changed";
}

TEST(Srtp, KeepsAPacketWithExtensionAndSourcesInTheClearUpToItsPayload) {
  Session caller{caller_keys(Profile::aead_aes_256_gcm)}, callee{callee_keys(Profile::aead_aes_256_gcm)};
  Bytes packet(12 + 4 + 4 + 4 + 10, std::byte{0x33});
  ByteWriter out{packet};
  out.u8(0x91);  // an extension and one CSRC
  out.u8(111);
  out.u16(5);
  out.u64(0x0000'0001'0000'0007);
  out.u32(9);
  out.u32(0xBEDE0001);
  out.u32(0x10AA0000);

  auto protected_packet = protected_by(caller, packet);

  EXPECT_TRUE(std::ranges::equal(std::span{protected_packet}.first(24), std::span{packet}.first(24)));
  const auto result = callee.unprotect(protected_packet);
  ASSERT_TRUE(result);
  EXPECT_TRUE(std::ranges::equal(*result, packet));
}

}  // namespace
}  // namespace parley::srtp
