// Offers and answers with keys (RFC 4568 §5.1, §7.1).
#include <gmock/gmock.h>

#include "protocol/sdp/offer_answer.hpp"

namespace parley::sdp {
namespace {

using srtp::Profile;
using ::testing::HasSubstr;
using ::testing::Not;
using Reason = Refusal::Reason;

Crypto crypto_of(std::uint32_t tag, Profile profile, unsigned char fill) {
  const std::vector<std::byte> bytes(srtp::max_key_size, std::byte{fill});
  const auto key = std::span{bytes};
  return {.tag = tag,
          .profile = profile,
          .keys = {{.master = {key.first(srtp::key_size(profile)), key.first(srtp::salt_size(profile))},
                    .lifetime = {},
                    .mki = {}}},
          .session_parameters = {}};
}

Local side(Sdes sdes, unsigned char fill) {
  Local local;
  local.rtp = *Endpoint::parse("192.0.2.1:16384");
  local.sdes = sdes;
  local.protocols = sdes == Sdes::required ? std::vector<std::string>{"RTP/SAVP", "RTP/AVP"}
                    : sdes == Sdes::off    ? std::vector<std::string>{"RTP/AVP"}
                                           : std::vector<std::string>{"RTP/AVP", "RTP/SAVP"};
  local.crypto = {crypto_of(1, Profile::aead_aes_256_gcm, fill), crypto_of(2, Profile::aes128_cm_sha1_80, fill)};
  return local;
}

/// What becomes of an offer of one policy that is answered by another.
std::string outcome(Sdes offerer, Sdes answerer) {
  const auto offer = make_offer(side(offerer, 1));
  const auto answered = answer(offer, side(answerer, 2));
  if (!answered) return std::string{describe(answered.error().reason)};
  const auto accepted = accept_answer(offer, answered->description);
  if (!accepted) return "offerer: " + std::string{describe(accepted.error().reason)};
  EXPECT_EQ(accepted->keys.has_value(), answered->negotiated.keys.has_value());
  if (!accepted->keys) return "plain";
  EXPECT_EQ(accepted->keys->local, answered->negotiated.keys->remote);
  EXPECT_EQ(accepted->keys->remote, answered->negotiated.keys->local);
  return std::string{srtp::name(accepted->keys->profile)};
}

TEST(Sdes, PolicyAgainstPolicy) {
  constexpr auto gcm = "SRTP_AEAD_AES_256_GCM";
  EXPECT_EQ(outcome(Sdes::off, Sdes::off), "plain");
  EXPECT_EQ(outcome(Sdes::off, Sdes::optional), "plain");
  EXPECT_EQ(outcome(Sdes::off, Sdes::required), "SRTP is required");
  EXPECT_EQ(outcome(Sdes::optional, Sdes::off), "plain");
  EXPECT_EQ(outcome(Sdes::optional, Sdes::optional), gcm);
  EXPECT_EQ(outcome(Sdes::optional, Sdes::required), gcm);
  EXPECT_EQ(outcome(Sdes::required, Sdes::off), "transport protocol not supported");
  EXPECT_EQ(outcome(Sdes::required, Sdes::optional), gcm);
  EXPECT_EQ(outcome(Sdes::required, Sdes::required), gcm);
}

SessionDescription offered(const std::string& protocol, const std::string& attributes) {
  return *SessionDescription::parse("v=0\r\no=- 1 1 IN IP4 198.51.100.9\r\ns=-\r\nc=IN IP4 198.51.100.9\r\nt=0 0\r\n" +
                                    ("m=audio 4000 " + protocol + " 0\r\n") + attributes);
}
const std::string example = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";  // RFC 4568 §9.1

TEST(Sdes, AnAnswerTakesTheFirstLineThatItSupportsAndRepeatsItsTag) {
  const auto result = answer(
      offered("RTP/SAVP", "a=crypto:4 F8_128_HMAC_SHA1_80 " + example + "\r\na=crypto:5 AES_CM_128_HMAC_SHA1_80 " +
                              example + "|2^20|1:4\r\na=crypto:9 AES_CM_128_HMAC_SHA1_80 " + example +
                              "|2^31\r\na=crypto:1 AEAD_AES_256_GCM nonsense\r\n"),
      side(Sdes::optional, 2));

  ASSERT_TRUE(result);
  EXPECT_EQ(result->negotiated.keys->profile, Profile::aes128_cm_sha1_80);
  const auto text = result->description.to_string();
  EXPECT_THAT(text, HasSubstr("m=audio 16384 RTP/SAVP 0"));
  EXPECT_THAT(text, HasSubstr("a=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:AgICAgIC"));
  EXPECT_THAT(text, Not(HasSubstr("crypto:4")));
}

TEST(Sdes, OffersWithoutAKeyThatCanBeUsedAreRefusedOrPlain) {
  const auto mki_only = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " + example + "|2^20|1:4\r\n";
  const auto refused = answer(offered("RTP/SAVP", mki_only), side(Sdes::optional, 2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::no_common_crypto);
  EXPECT_EQ(answer(offered("RTP/SAVP", ""), side(Sdes::optional, 2)).error().reason, Reason::no_common_crypto);

  const auto plain = answer(offered("RTP/AVP", mki_only), side(Sdes::optional, 2));
  ASSERT_TRUE(plain) << "best effort";
  EXPECT_FALSE(plain->negotiated.keys);
  EXPECT_FALSE(plain->description.media[0].attributes.has("crypto"));
}

TEST(Sdes, AnAnswerThatNamesNoLineOfTheOfferIsRefused) {
  const auto offer = make_offer(side(Sdes::optional, 1));
  const auto accepted = [&](const std::string& protocol, const std::string& attributes) {
    return accept_answer(offer, offered(protocol, attributes));
  };
  EXPECT_TRUE(accepted("RTP/AVP", "a=crypto:2 AES_CM_128_HMAC_SHA1_80 " + example + "\r\n"));
  EXPECT_TRUE(accepted("RTP/SAVP", "a=crypto:2 AES_CM_128_HMAC_SHA1_80 " + example + "\r\n"))
      << "some answer best effort with the protocol that it leads to";
  EXPECT_FALSE(accepted("RTP/AVP", "a=crypto:3 AES_CM_128_HMAC_SHA1_80 " + example + "\r\n")) << "no such tag";
  EXPECT_FALSE(accepted("RTP/AVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " + example + "\r\n")) << "another suite";
  EXPECT_FALSE(accepted("RTP/AVP", "a=crypto:2 AES_CM_128_HMAC_SHA1_80 " + example + " UNENCRYPTED_SRTP\r\n"));
  EXPECT_FALSE(accepted("RTP/SAVP", "")) << "protected by nothing";
}

TEST(Sdes, TwoAudioLinesAreSecureOrPlainByPolicy) {
  const auto offer = *SessionDescription::parse(
      "v=0\r\no=- 1 1 IN IP4 198.51.100.9\r\ns=-\r\nc=IN IP4 198.51.100.9\r\nt=0 0\r\n"
      "m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " +
      example + "\r\n");

  const auto secure = answer(offer, side(Sdes::required, 2));
  ASSERT_TRUE(secure);
  EXPECT_EQ(secure->negotiated.media_index, 1u);
  EXPECT_EQ(secure->description.media[0].port, 0);
  EXPECT_EQ(answer(offer, side(Sdes::off, 2))->negotiated.media_index, 0u);
}

TEST(Sdes, ALaterOfferKeepsTheProtocolAndItsKeys) {
  auto ours = side(Sdes::optional, 2);
  const auto first = answer(offered("RTP/SAVP", "a=crypto:9 AES_CM_128_HMAC_SHA1_80 " + example + "\r\n"), ours);
  ASSERT_TRUE(first);
  ours.crypto.erase(ours.crypto.begin());

  const auto later = make_offer(ours, &first->description).to_string();

  EXPECT_THAT(later, HasSubstr("RTP/SAVP"));
  EXPECT_THAT(later, HasSubstr("a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:AgICAgIC"));
}

}  // namespace
}  // namespace parley::sdp
