#include "protocol/dtls/connection.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "protocol/dtls/association_test.hpp"

namespace parley::dtls {
namespace {

constexpr std::uint8_t bad_certificate = 42;

TEST(Connection, GivesBothSidesTheKeysOfTheOther) {
  Association association;

  association.exchange();

  expect_matching_keys(association);
  EXPECT_EQ(association.client.keys->profile, srtp::Profile::aead_aes_128_gcm);
  EXPECT_TRUE(association.client.connection.connected());
  EXPECT_EQ(association.client.connection.deadline(), TimePoint::max());
  EXPECT_EQ(association.server.connection.deadline(), TimePoint::max());
}

TEST(Connection, MakesOtherKeysForEveryAssociation) {
  Association one, two;

  one.exchange();
  two.exchange();

  ASSERT_TRUE(one.client.keys && two.client.keys);
  EXPECT_NE(one.client.keys->local, two.client.keys->local);
}

TEST(Connection, SaysNothingAsServerUntilItIsSpokenTo) {
  Context context{a_certificate()};
  End server{context, {.role = Role::server}, TimePoint{}};

  EXPECT_TRUE(server.take().empty());
  EXPECT_EQ(server.connection.deadline(), TimePoint{} + 20s);
}

TEST(Connection, FailsWhenTheServersCertificateIsAnother) {
  Association association{{.of_server = {a_certificate().fingerprint()}}};

  association.exchange();

  ASSERT_TRUE(association.client.failed && association.server.failed);
  EXPECT_EQ(association.client.failed->reason, FailReason::fingerprint);
  EXPECT_EQ(association.client.failed->alert, bad_certificate);
  EXPECT_EQ(association.server.failed->reason, FailReason::alert);
  EXPECT_EQ(association.server.failed->alert, bad_certificate);
  EXPECT_FALSE(association.client.keys || association.server.keys);
}

TEST(Connection, FailsWhenTheClientsCertificateIsAnother) {
  Association association{{.of_client = {another_certificate().fingerprint()}}};

  association.exchange();

  ASSERT_TRUE(association.client.failed && association.server.failed);
  EXPECT_EQ(association.server.failed->reason, FailReason::fingerprint);
  EXPECT_EQ(association.client.failed->reason, FailReason::alert);
  EXPECT_FALSE(association.client.keys || association.server.keys);
}

TEST(Connection, AcceptsAnyOfSeveralFingerprintsOfOneHash) {
  Association association{{.of_server = {a_certificate().fingerprint(), another_certificate().fingerprint()}}};

  association.exchange();

  expect_matching_keys(association);
}

TEST(Connection, HoldsTheKeysBackUntilTheFingerprintIsKnown) {
  Association association{{.of_client = {}}};

  association.exchange();
  EXPECT_FALSE(association.server.keys);
  EXPECT_FALSE(association.server.connection.connected());
  association.server.connection.expect({a_certificate().fingerprint()}, association.now);
  association.exchange();

  expect_matching_keys(association);
}

TEST(Connection, FailsWhenTheLateFingerprintIsAnother) {
  Association association{{.of_client = {}}};
  association.exchange();

  association.server.connection.expect({another_certificate().fingerprint()}, association.now);
  association.exchange();

  ASSERT_TRUE(association.server.failed);
  EXPECT_EQ(association.server.failed->reason, FailReason::fingerprint);
  EXPECT_FALSE(association.server.keys);
  EXPECT_TRUE(association.client.closed);
}

TEST(Connection, GivesUpWhenTheFingerprintNeverComes) {
  Association association{{.of_client = {}}};
  association.exchange();
  ASSERT_EQ(association.server.connection.deadline(), association.start + 20s);

  association.server.connection.advance(association.start + 20s);

  association.server.take();
  ASSERT_TRUE(association.server.failed);
  EXPECT_EQ(association.server.failed->reason, FailReason::timeout);
}

TEST(Connection, GivesUpWhenNobodyAnswers) {
  Context context{a_certificate()};
  End client{context, {.role = Role::client, .handshake_limit = 7s}, TimePoint{}};
  EXPECT_EQ(client.take().size(), 1u);
  EXPECT_LE(client.connection.deadline(), TimePoint{} + 200ms);

  client.connection.advance(TimePoint{} + 7s);

  client.take();
  ASSERT_TRUE(client.failed);
  EXPECT_EQ(client.failed->reason, FailReason::timeout);
  EXPECT_EQ(client.connection.deadline(), TimePoint::max());
}

TEST(Connection, ClosesBothSidesWithCloseNotify) {
  Association association;
  association.exchange();

  association.client.connection.close();
  association.exchange();

  EXPECT_TRUE(association.client.closed);
  EXPECT_TRUE(association.server.closed);
  EXPECT_TRUE(association.server.connection.ended());
}

TEST(Connection, ClosesSilentlyBeforeItIsConnected) {
  Association association;
  association.client.take();

  association.client.connection.close();

  EXPECT_TRUE(association.client.take().empty());
  EXPECT_TRUE(association.client.closed);
}

TEST(Connection, AnswersAgainWhenItsLastFlightWasLost) {
  Association association;
  bool server_done = false;
  int lost = 0;
  association.fate = [&](const Datagram&) {
    // Everything from the server is lost from its last flight on, once.
    server_done = server_done || association.server.connection.connected();
    return Association::Fate{server_done && lost++ == 0 ? 0 : 1};
  };

  association.run();

  expect_matching_keys(association);
  EXPECT_GE(lost, 2);
}

class LossyConnection : public testing::TestWithParam<std::uint64_t> {};

TEST_P(LossyConnection, ConnectsThroughLossReorderingAndDuplicates) {
  Association association;
  auto random = Random::seeded(GetParam());
  association.fate = [&](const Datagram&) {
    const auto dice = random.unit();
    return Association::Fate{.copies = dice < 0.25 ? 0 : dice < 0.4 ? 2 : 1, .overtaken = random.unit() < 0.3};
  };

  association.run();

  expect_matching_keys(association);
}
INSTANTIATE_TEST_SUITE_P(Seeds, LossyConnection, testing::Range<std::uint64_t>(1, 13));

}  // namespace
}  // namespace parley::dtls
