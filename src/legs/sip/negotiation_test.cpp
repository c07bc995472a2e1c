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

}  // namespace
}  // namespace parley::legs
