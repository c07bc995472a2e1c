#include "protocol/stun/message.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/source_folder.hpp"
#include "protocol/stun/builder.hpp"
#include "protocol/stun/demux.hpp"

namespace parley::stun {
namespace {

using ::testing::ElementsAre;

constexpr std::string_view password = "VOkJxbRl1RmTxUk/WvJxBt";

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> vector_of_rfc5769(std::string_view name) {
  auto bytes = read_file(source_folder() / "tests/data/stun" / ("rfc5769-" + std::string{name} + ".bin"));
  EXPECT_FALSE(bytes.empty()) << name;
  return bytes;
}

TransactionId some_id() {
  TransactionId id;
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::byte>(0xA0 + i);
  return id;
}

std::vector<std::byte> some_request() {
  return Builder{Class::request, some_id()}.username("ours:theirs").priority(7).finish("secret");
}

TEST(StunVectors, ShortTermRequest) {
  const auto bytes = vector_of_rfc5769("request-short-term");

  const auto message = parse(bytes);
  ASSERT_TRUE(message);
  const auto contents = read(*message);

  EXPECT_EQ(message->message_class, Class::request);
  EXPECT_EQ(message->method, binding);
  EXPECT_EQ(contents.username, "evtj:h6vY");
  EXPECT_EQ(contents.priority, 0x6e0001ffu);
  EXPECT_EQ(contents.ice_controlled, 0x932ff9b151263b36u);
  EXPECT_FALSE(contents.malformed);
  EXPECT_EQ(contents.unknown_count, 0u);
  EXPECT_TRUE(verify_integrity(*message, password));
  EXPECT_TRUE(verify_fingerprint(*message));
  EXPECT_FALSE(verify_integrity(*message, "VOkJxbRl1RmTxUk/WvJxBu"));
  EXPECT_EQ(local_ufrag(bytes), "evtj");
}

TEST(StunVectors, ResponseWithIpv4Address) {
  const auto bytes = vector_of_rfc5769("response-ipv4");

  const auto message = parse(bytes);
  ASSERT_TRUE(message);

  EXPECT_EQ(message->message_class, Class::success);
  EXPECT_EQ(read(*message).xor_mapped_address->to_string(), "192.0.2.1:32853");
  EXPECT_TRUE(verify_integrity(*message, password));
  EXPECT_TRUE(verify_fingerprint(*message));
}

TEST(StunVectors, ResponseWithIpv6Address) {
  const auto bytes = vector_of_rfc5769("response-ipv6");

  const auto message = parse(bytes);
  ASSERT_TRUE(message);

  EXPECT_EQ(read(*message).xor_mapped_address->to_string(), "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
  EXPECT_TRUE(verify_integrity(*message, password));
  EXPECT_TRUE(verify_fingerprint(*message));
}

TEST(StunVectors, LongTermRequestHasTheIntegrityOfItsKey) {
  const auto bytes = vector_of_rfc5769("request-long-term");
  constexpr std::string_view key{"\xe8\xca\x7a\xd5\x9d\x5e\xb0\x51\x8e\x31\x29\x11\xd2\xda\xb2\xa9", 16};

  const auto message = parse(bytes);
  ASSERT_TRUE(message);

  EXPECT_EQ(read(*message).username, "マトリックス");
  EXPECT_TRUE(verify_integrity(*message, key));
  EXPECT_FALSE(verify_fingerprint(*message)) << "it has none";
}

TEST(StunMessage, ReadsWhatBrowsersSend) {
  std::ifstream in{test_data_folder() / "stun/frombrowsers.csv"};
  if (!in) GTEST_SKIP() << "no browser samples in " << test_data_folder();
  const auto decode = [](std::string_view text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::vector<std::byte> bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
      if (c == '=') break;
      bits = bits << 6 | static_cast<std::uint32_t>(alphabet.find(c));
      if ((count += 6) >= 8) bytes.push_back(static_cast<std::byte>(bits >> (count -= 8)));
    }
    return bytes;
  };

  std::string line;
  std::getline(in, line);  // the columns' names
  int read_messages = 0;
  for (; std::getline(in, line); ++read_messages) {
    const auto bytes = decode(std::string_view{line}.substr(0, line.find(',')));
    const auto message = parse(bytes);
    ASSERT_TRUE(message) << line;
    EXPECT_EQ(message->message_class, Class::request);
    EXPECT_EQ(read(*message).unknown_count, 0u);
    EXPECT_EQ(verify_fingerprint(*message), line.find("Firefox") != std::string::npos) << line;
  }
  EXPECT_EQ(read_messages, 14);
}

TEST(StunMessage, SaysWhatIsWrongWithBytes) {
  const auto good = some_request();
  const auto error_of = [](std::vector<std::byte> bytes) {
    const auto message = parse(bytes);
    return message ? std::nullopt : std::optional{message.error()};
  };
  auto cookie = good, top = good, odd = good, attribute = good;
  cookie[4] ^= std::byte{1};
  top[0] |= std::byte{0x40};
  odd[3] ^= std::byte{1};
  attribute[23] = std::byte{0xFF};

  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_TRUE(error_of({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
  EXPECT_EQ(error_of({good.begin(), good.begin() + 19}), ParseError::truncated);
  EXPECT_EQ(error_of(cookie), ParseError::not_stun);
  EXPECT_EQ(error_of(top), ParseError::not_stun);
  EXPECT_EQ(error_of(odd), ParseError::bad_length);
  EXPECT_EQ(error_of(attribute), ParseError::bad_attribute);
  EXPECT_EQ(error_of(good), std::nullopt);
}

TEST(StunMessage, EveryFlippedBitBreaksIntegrityOrFingerprint) {
  const auto good = some_request();

  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bytes = good;
    bytes[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    const auto message = parse(bytes);
    const bool believed = message && verify_integrity(*message, "secret") && verify_fingerprint(*message);
    EXPECT_FALSE(believed) << bit;
  }
}

TEST(StunMessage, NothingBehindIntegrityIsBelieved) {
  auto bytes = Builder{Class::request, some_id()}.username("a:b").finish("secret");
  // Between MESSAGE-INTEGRITY and FINGERPRINT somebody slips in USE-CANDIDATE.
  const std::vector<std::byte> use_candidate{std::byte{0}, std::byte{0x25}, std::byte{0}, std::byte{0}};
  bytes.insert(bytes.end() - 8, use_candidate.begin(), use_candidate.end());
  bytes[3] = static_cast<std::byte>(bytes.size() - header_size);

  const auto message = parse(bytes);
  ASSERT_TRUE(message);

  EXPECT_TRUE(verify_integrity(*message, "secret"));
  EXPECT_FALSE(read(*message).use_candidate);
}

TEST(StunMessage, CollectsUnknownAttributesUpToABound) {
  Builder builder{Class::request, some_id()};
  for (std::uint16_t type = 0x7F00; type < 0x7F20; ++type) builder.attribute(type, {});
  builder.attribute(0xC057, as_bytes("cost"));  // optional to understand
  const auto bytes = builder.finish();

  const auto contents = read(*parse(bytes));

  EXPECT_THAT(contents.unknown_attributes(),
              ElementsAre(0x7F00, 0x7F01, 0x7F02, 0x7F03, 0x7F04, 0x7F05, 0x7F06, 0x7F07));
}

TEST(StunMessage, KnownAttributesOfAnotherSizeAreMalformed) {
  for (const auto type : {AttributeType::priority, AttributeType::ice_controlling, AttributeType::xor_mapped_address,
                          AttributeType::error_code, AttributeType::message_integrity}) {
    const auto bytes =
        Builder{Class::request, some_id()}.attribute(static_cast<std::uint16_t>(type), as_bytes("abc")).finish();
    EXPECT_TRUE(read(*parse(bytes)).malformed) << static_cast<int>(type);
  }
}

TEST(StunBuilder, WhatItWritesReadsBack) {
  const auto v6 = *Endpoint::parse("[2001:db8::7]:4000");
  const std::array<std::uint16_t, 2> unknown{0x0031, 0x0032};
  const auto bytes = Builder{Class::error, some_id()}
                         .username("a:b")
                         .priority(0x12345678)
                         .use_candidate()
                         .ice_controlling(0x0123456789ABCDEF)
                         .ice_controlled(5)
                         .xor_mapped_address(v6)
                         .error_code(487, "Role Conflict")
                         .unknown_attributes(unknown)
                         .software("parley")
                         .finish("pwd");

  const auto message = parse(bytes);
  ASSERT_TRUE(message);
  const auto contents = read(*message);

  EXPECT_EQ(message->message_class, Class::error);
  EXPECT_EQ(message->transaction_id, some_id());
  EXPECT_EQ(contents.username, "a:b");
  EXPECT_EQ(contents.priority, 0x12345678u);
  EXPECT_TRUE(contents.use_candidate);
  EXPECT_EQ(contents.ice_controlling, 0x0123456789ABCDEFu);
  EXPECT_EQ(contents.ice_controlled, 5u);
  EXPECT_EQ(contents.xor_mapped_address, v6);
  EXPECT_EQ(contents.error_code->code, 487);
  EXPECT_EQ(contents.error_code->reason, "Role Conflict");
  EXPECT_TRUE(verify_integrity(*message, "pwd") && verify_fingerprint(*message));
}

TEST(StunDemux, TellsTheProtocolsOfAPortApart) {
  const auto kind = [](unsigned first, unsigned second) {
    const std::array bytes{static_cast<std::byte>(first), static_cast<std::byte>(second)};
    return kind_of(bytes);
  };

  EXPECT_EQ(kind_of({}), PacketKind::unknown);
  EXPECT_EQ(kind(0, 1), PacketKind::stun);
  EXPECT_EQ(kind(3, 0), PacketKind::stun);
  EXPECT_EQ(kind(4, 0), PacketKind::unknown);
  EXPECT_EQ(kind(22, 254), PacketKind::dtls);
  EXPECT_EQ(kind(63, 0), PacketKind::dtls);
  EXPECT_EQ(kind(64, 0), PacketKind::unknown);  // TURN channels
  EXPECT_EQ(kind(128, 111), PacketKind::rtp);
  EXPECT_EQ(kind(128, 111 | 128), PacketKind::rtp);
  EXPECT_EQ(kind(128, 200), PacketKind::rtcp);
  EXPECT_EQ(kind(129, 206), PacketKind::rtcp);
  EXPECT_EQ(kind(192, 0), PacketKind::unknown);
}

TEST(StunDemux, FindsTheLocalUfragInRequestsOnly) {
  EXPECT_EQ(local_ufrag(some_request()), "ours");
  EXPECT_EQ(local_ufrag(Builder{Class::success, some_id()}.username("ours:theirs").finish()), std::nullopt);
  EXPECT_EQ(local_ufrag(Builder{Class::request, some_id(), 3}.username("ours:theirs").finish()), std::nullopt);
  EXPECT_EQ(local_ufrag(Builder{Class::request, some_id()}.username("no colon").finish()), std::nullopt);
  EXPECT_EQ(local_ufrag(Builder{Class::request, some_id()}.finish()), std::nullopt);
  EXPECT_EQ(local_ufrag(as_bytes("\x16\xfe\xfd")), std::nullopt);
}

}  // namespace
}  // namespace parley::stun
