#include "protocol/stun/binding.hpp"

#include <gtest/gtest.h>

#include "protocol/stun/builder.hpp"

namespace parley::stun {
namespace {

const Endpoint phone{IpAddress::v4(0xC0000217), 40'123};

TEST(AnswerBinding, TellsASenderItsAddress) {
  auto random = Random::seeded(1);
  const auto id = make_transaction_id(random);
  const auto answer = answer_binding(Builder{Class::request, id}.finish(), phone);

  ASSERT_TRUE(answer);
  const auto message = parse(*answer);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->message_class, Class::success);
  EXPECT_EQ(message->transaction_id, id);
  EXPECT_EQ(read(*message).xor_mapped_address, phone);
  EXPECT_TRUE(verify_fingerprint(*message));
}

TEST(AnswerBinding, IsSilentToEverythingElse) {
  auto random = Random::seeded(1);
  const auto id = make_transaction_id(random);
  auto damaged = Builder{Class::request, id}.finish();
  damaged.back() ^= std::byte{1};

  EXPECT_FALSE(answer_binding(Builder{Class::indication, id}.finish(), phone));
  EXPECT_FALSE(answer_binding(Builder{Class::success, id}.finish(), phone));
  EXPECT_FALSE(answer_binding(Builder{Class::request, id, 0x003}.finish(), phone));
  EXPECT_FALSE(answer_binding(Builder{Class::request, id}.attribute(0x0026, {}).finish(), phone));
  EXPECT_FALSE(answer_binding(damaged, phone));
  EXPECT_FALSE(answer_binding({}, phone));
}

}  // namespace
}  // namespace parley::stun
