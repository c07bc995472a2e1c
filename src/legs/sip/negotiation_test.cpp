#include "legs/sip/negotiation.hpp"

#include <gmock/gmock.h>

namespace parley::legs {
namespace {

using audio::CodecName;
using namespace std::chrono_literals;

const Endpoint ours{*IpAddress::parse("192.0.2.1"), 20'000};
const std::vector<CodecName> all{CodecName::opus, CodecName::g722, CodecName::pcma, CodecName::pcmu};

std::string offer_of(std::string_view formats, std::string_view attributes) {
  return "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 30000 RTP/AVP " +
         std::string{formats} + "\r\n" + std::string{attributes};
}

TEST(Negotiation, TakesTheOfferersFirstCodecAndItsKeys) {
  Negotiation negotiation{{all, 7}};

  const auto media =
      negotiation.answer(offer_of("8 0 101", "a=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\n"), ours);

  ASSERT_TRUE(media);
  EXPECT_EQ(media->codec, CodecName::pcma);
  EXPECT_EQ(media->send_payload_type, 8);
  ASSERT_TRUE(media->telephone_event);
  EXPECT_EQ(media->telephone_event->send_payload_type, 101);
  EXPECT_EQ(media->remote_rtp.to_string(), "192.0.2.9:30000");
  EXPECT_EQ(media->ptime, 30ms);
  EXPECT_THAT(negotiation.local(), ::testing::HasSubstr("m=audio 20000 RTP/AVP 8 101"));
}

TEST(Negotiation, WithoutTelephoneEventKeysAreInBand) {
  Negotiation negotiation{{all, 7}};
  const auto media = negotiation.answer(offer_of("0", ""), ours);

  ASSERT_TRUE(media);
  EXPECT_FALSE(media->telephone_event);
}

TEST(Negotiation, NamesTheLineOfWhatItRefuses) {
  Negotiation negotiation{{all, 7}};

  const auto media = negotiation.answer(offer_of("18", "a=rtpmap:18 G729/8000\r\n"), ours);

  ASSERT_FALSE(media);
  EXPECT_THAT(media.error().reason, ::testing::HasSubstr("line 6"));
}

TEST(Negotiation, SomethingThatIsNoSdpIsRefusedWithItsLine) {
  Negotiation negotiation{{all, 7}};
  const auto media = negotiation.answer("v=0\r\nnonsense\r\n", ours);

  ASSERT_FALSE(media);
  EXPECT_THAT(media.error().reason, ::testing::HasSubstr("line 2"));
}

TEST(Negotiation, HoldStopsSendingAndResumeStartsItAgain) {
  Negotiation negotiation{{all, 7}};
  ASSERT_TRUE(negotiation.answer(offer_of("0", ""), ours));

  const auto held = negotiation.answer(offer_of("0", "a=sendonly\r\n"), ours);
  ASSERT_TRUE(held);
  EXPECT_FALSE(held->sending);
  EXPECT_TRUE(held->receiving);
  EXPECT_THAT(negotiation.local(), ::testing::HasSubstr("a=recvonly"));

  const auto inactive = negotiation.answer(offer_of("0", "a=inactive\r\n"), ours);
  ASSERT_TRUE(inactive);
  EXPECT_FALSE(inactive->receiving);

  const auto resumed = negotiation.answer(offer_of("0", ""), ours);
  ASSERT_TRUE(resumed);
  EXPECT_TRUE(resumed->sending);
}

TEST(Negotiation, TheOldHoldByAZeroAddressStopsSendingToo) {
  Negotiation negotiation{{all, 7}};
  const auto media = negotiation.answer(offer_of("0", "c=IN IP4 0.0.0.0\r\n"), ours);

  ASSERT_TRUE(media);
  EXPECT_FALSE(media->sending);
}

TEST(Negotiation, OurOfferIsAnsweredByThePeersPayloadTypes) {
  Negotiation negotiation{{all, 7}};
  const auto offer = negotiation.offer(ours);
  EXPECT_THAT(offer, ::testing::HasSubstr("opus/48000/2"));

  const auto media = negotiation.accept(offer_of("0", ""));

  ASSERT_TRUE(media);
  EXPECT_EQ(media->codec, CodecName::pcmu);
}

TEST(Negotiation, AnAnswerWithoutAnOfferIsRefused) {
  Negotiation negotiation{{all, 7}};
  EXPECT_FALSE(negotiation.accept(offer_of("0", "")));
}

TEST(Negotiation, TheRateOfACallIsItsCodecs) {
  EXPECT_EQ(rate_of_offer(offer_of("0 9", ""), all), audio::Rate::narrow);
  EXPECT_EQ(rate_of_offer(offer_of("9 0", ""), all), audio::Rate::wide);
  EXPECT_EQ(rate_of_offer("nonsense", all), audio::Rate::narrow);
}

constexpr std::string_view example =
    "a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20\r\n";
constexpr std::string_view another =
    "a=crypto:6 AES_CM_128_HMAC_SHA1_80 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^20\r\n";

std::string with_protocol(std::string offer, std::string_view protocol) {
  const auto at = offer.find("RTP/AVP");
  return offer.replace(at, 7, protocol);
}

class SecureNegotiation : public ::testing::Test {
 protected:
  Negotiation with(sdp::Sdes sdes) {
    return Negotiation{{.codecs = all, .session_id = 7, .sdes = sdes, .random = &random}};
  }
  Random random = Random::seeded(5);
};

TEST_F(SecureNegotiation, AnswersKeysWithAKeyOfItsOwn) {
  auto negotiation = with(sdp::Sdes::optional);
  ASSERT_TRUE(negotiation.answer(with_protocol(offer_of("0", example), "RTP/SAVP"), ours));

  ASSERT_TRUE(negotiation.protection().keys);
  EXPECT_EQ(negotiation.protection().keys->profile, srtp::Profile::aes128_cm_sha1_80);
  EXPECT_NE(negotiation.protection().keys->local, negotiation.protection().keys->remote);
  EXPECT_THAT(negotiation.local(), ::testing::HasSubstr("RTP/SAVP 0"));
  EXPECT_THAT(negotiation.local(), ::testing::HasSubstr("a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:"));
}

TEST_F(SecureNegotiation, ALaterOfferWithTheSameKeyKeepsOursAndAnotherGetsANewOne) {
  auto negotiation = with(sdp::Sdes::optional);
  const auto offer = with_protocol(offer_of("0", example), "RTP/SAVP");
  ASSERT_TRUE(negotiation.answer(offer, ours));
  const auto first = *negotiation.protection().keys;

  ASSERT_TRUE(negotiation.answer(offer, ours));
  EXPECT_EQ(*negotiation.protection().keys, first);
  EXPECT_THAT(negotiation.offer(ours),
              ::testing::AllOf(::testing::HasSubstr("RTP/SAVP"), ::testing::HasSubstr("crypto")));

  ASSERT_TRUE(negotiation.answer(with_protocol(offer_of("0", another), "RTP/SAVP"), ours));
  EXPECT_NE(negotiation.protection().keys->remote, first.remote);
  EXPECT_NE(negotiation.protection().keys->local, first.local);
}

TEST_F(SecureNegotiation, WhatIsRequiredIsOfferedAsSavpAndNothingElseIsAccepted) {
  auto negotiation = with(sdp::Sdes::required);
  EXPECT_FALSE(negotiation.answer(offer_of("0", ""), ours));

  EXPECT_THAT(negotiation.offer(ours), ::testing::HasSubstr("RTP/SAVP"));
  EXPECT_FALSE(negotiation.accept(offer_of("0", "")));
}

TEST_F(SecureNegotiation, BestEffortIsOfferedBesidePlainAndEitherAnswerIsTaken) {
  auto plain = with(sdp::Sdes::optional);
  EXPECT_THAT(plain.offer(ours),
              ::testing::AllOf(::testing::HasSubstr("RTP/AVP "), ::testing::HasSubstr("a=crypto:4")));
  ASSERT_TRUE(plain.accept(offer_of("0", "")));
  EXPECT_FALSE(plain.protection().keys);
  EXPECT_THAT(plain.offer(ours), ::testing::Not(::testing::HasSubstr("crypto"))) << "what is in use goes on";

  auto secure = with(sdp::Sdes::optional);
  (void)secure.offer(ours);
  std::string answer{example};
  ASSERT_TRUE(secure.accept(offer_of("0", answer.replace(answer.find(":5"), 2, ":3"))));
  EXPECT_TRUE(secure.protection().keys);
}

TEST_F(SecureNegotiation, NeitherKeysNorSavpWhereSrtpIsOff) {
  auto negotiation = with(sdp::Sdes::off);
  EXPECT_FALSE(negotiation.answer(with_protocol(offer_of("0", example), "RTP/SAVP"), ours));
  ASSERT_TRUE(negotiation.answer(offer_of("0", example), ours));
  EXPECT_FALSE(negotiation.protection().keys);
  EXPECT_THAT(negotiation.local(), ::testing::Not(::testing::HasSubstr("crypto")));
}

const std::string fingerprint =
    "a=fingerprint:SHA-256 "
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n";

TEST(DtlsNegotiation, TakesTheRoleThatIsLeftToIt) {
  const auto certificate = dtls::Certificate::make();
  const auto role_for = [&](std::string_view setup) -> std::optional<dtls::Role> {
    Negotiation negotiation{{.codecs = all, .session_id = 7, .fingerprint = certificate.fingerprint()}};
    const auto offer =
        with_protocol(offer_of("0", fingerprint + "a=setup:" + std::string{setup} + "\r\n"), "UDP/TLS/RTP/SAVP");
    if (!negotiation.answer(offer, ours)) return std::nullopt;
    EXPECT_THAT(negotiation.local(), ::testing::HasSubstr(certificate.fingerprint().text()));
    return negotiation.protection().dtls->role;
  };

  EXPECT_EQ(role_for("actpass"), dtls::Role::server);
  EXPECT_EQ(role_for("active"), dtls::Role::server);
  EXPECT_EQ(role_for("passive"), dtls::Role::client);
  EXPECT_EQ(role_for("holdconn"), std::nullopt);
}

TEST(MediaKind, IsThatOfTheOffer) {
  const std::string dtls = fingerprint + "a=setup:actpass\r\n";
  const std::string ice = dtls + "a=rtcp-mux\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n";
  const auto kind = [](std::string_view protocol, const std::string& attributes) {
    return kind_of_offer(with_protocol(offer_of("0", attributes), protocol));
  };

  EXPECT_EQ(kind("RTP/AVP", ""), MediaKind::rtp);
  EXPECT_EQ(kind("RTP/AVP", ice), MediaKind::rtp) << "best effort: plain will do";
  EXPECT_EQ(kind("RTP/SAVP", std::string{example}), MediaKind::rtp);
  EXPECT_EQ(kind("UDP/TLS/RTP/SAVP", dtls), MediaKind::dtls);
  EXPECT_EQ(kind("UDP/TLS/RTP/SAVPF", ice), MediaKind::webrtc);
  EXPECT_EQ(kind("RTP/SAVPF", ice), MediaKind::webrtc) << "as browsers wrote it once";
  EXPECT_EQ(kind_of_offer("nonsense"), MediaKind::rtp);
}

}  // namespace
}  // namespace parley::legs
