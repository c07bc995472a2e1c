#include "protocol/sdp/offer_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::sdp {
namespace {

using ::testing::ElementsAre;
using Reason = Refusal::Reason;

Local local_at(std::string_view endpoint) {
  Local local;
  local.session_id = 7;
  local.version = 1;
  local.rtp = *Endpoint::parse(endpoint);
  return local;
}
const Local ours = local_at("192.0.2.1:16384");

SessionDescription offered(const std::string& media, const std::string& session = "c=IN IP4 198.51.100.9\r\n") {
  return *SessionDescription::parse("v=0\r\no=- 1 1 IN IP4 198.51.100.9\r\ns=-\r\n" + session + "t=0 0\r\n" + media);
}

Answer answered(const SessionDescription& offer, const Local& local = ours) {
  auto result = answer(offer, local);
  EXPECT_TRUE(result) << offer.to_string() << (result ? "" : describe(result.error().reason));
  return result ? *result : Answer{};
}

Refusal refused(const SessionDescription& offer) {
  const auto result = answer(offer, ours);
  EXPECT_FALSE(result) << offer.to_string();
  return result ? Refusal{} : result.error();
}

TEST(Answer, TakesTheOfferersFirstCodecThatWeKnow) {
  const auto [description, agreed] = answered(offered(
      "m=audio 4000 RTP/AVP 18 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:30\r\n"));

  EXPECT_EQ(agreed.codec(), (Rtpmap{8, "PCMA", 8'000}));
  EXPECT_EQ(agreed.telephone_event->receive_payload_type, 101);
  EXPECT_EQ(agreed.rtp.to_string(), "198.51.100.9:4000");
  EXPECT_EQ(agreed.rtcp.to_string(), "198.51.100.9:4001");
  EXPECT_EQ(agreed.direction, Direction::sendrecv);
  EXPECT_EQ(agreed.ptime, std::chrono::milliseconds{30});
  EXPECT_EQ(description.to_string(),
            "v=0\r\no=parley 7 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
            "m=audio 16384 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
            "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n");
}

TEST(Answer, MayPreferOurOrderAndNameEveryCodec) {
  auto local = ours;
  local.own_order = true;
  local.single_codec = false;
  const auto [description, agreed] =
      answered(offered("m=audio 4000 RTP/AVP 0 8 9 96\r\na=rtpmap:96 OPUS/48000/2\r\n"), local);

  EXPECT_THAT(description.media[0].formats, ElementsAre("96", "9", "8", "0"));
  EXPECT_EQ(agreed.codecs.size(), 4u);
}

TEST(Answer, TakesTelephoneEventsAtTheCodecsClockOnly) {
  const std::string events = "a=rtpmap:110 telephone-event/48000\r\na=rtpmap:101 telephone-event/8000\r\n";
  const auto opus = answered(offered("m=audio 4000 RTP/AVP 96 0 101 110\r\na=rtpmap:96 opus/48000/2\r\n" + events));
  const auto pcmu = answered(offered("m=audio 4000 RTP/AVP 0 101 110\r\n" + events));
  const auto none = answered(offered("m=audio 4000 RTP/AVP 0 110\r\n" + events));

  EXPECT_EQ(opus.negotiated.telephone_event->map.payload_type, 110);
  EXPECT_EQ(pcmu.negotiated.telephone_event->map.payload_type, 101);
  EXPECT_FALSE(none.negotiated.telephone_event);
}

TEST(Answer, RefusesOtherMediaInPlaceAndTakesTheFirstUsableAudio) {
  const auto [description, agreed] = answered(
      offered("m=video 5000 RTP/AVP 31\r\nm=audio 0 RTP/AVP 0\r\nm=audio 4000 RTP/SAVP 0\r\nm=audio 4002 RTP/AVP 0\r\n"
              "m=audio 4004 RTP/AVP 0\r\n"));

  EXPECT_EQ(agreed.media_index, 3u);
  ASSERT_EQ(description.media.size(), 5u);
  std::vector<int> ports;
  for (const Media& media : description.media) ports.push_back(media.port);
  EXPECT_THAT(ports, ElementsAre(0, 0, 0, 16384, 0));
  EXPECT_EQ(description.media[0].kind, "video");
  EXPECT_EQ(description.media[2].protocol, "RTP/SAVP");
}

TEST(Answer, SaysWhichLineItRefusesAndWhy) {
  const auto codec = refused(offered("m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 18\r\n"));
  EXPECT_EQ(codec.reason, Reason::no_common_codec);
  EXPECT_EQ(codec.media_index, 1u);
  EXPECT_EQ(codec.line, 7u);

  EXPECT_EQ(refused(offered("")).reason, Reason::no_audio);
  EXPECT_EQ(refused(offered("m=audio 0 RTP/AVP 0\r\n")).reason, Reason::no_audio);
  EXPECT_EQ(refused(offered("m=audio 0 RTP/AVP 0\r\nm=audio 1 RTP/SAVP 0\r\n")).reason, Reason::bad_protocol);
  EXPECT_EQ(refused(offered("m=audio 4000 RTP/AVP 0\r\n", "")).reason, Reason::no_address);
  EXPECT_EQ(refused(offered("m=audio 4000 RTP/AVP 0\r\n", "c=IN IP4 host.example.com\r\n")).reason, Reason::no_address);
}

TEST(Answer, MirrorsHoldOldAndNew) {
  const std::string audio = "m=audio 4000 RTP/AVP 0\r\n";
  for (const auto& [attribute, expected, held] :
       {std::tuple{"a=sendonly\r\n", Direction::recvonly, true},
        std::tuple{"a=inactive\r\n", Direction::inactive, true},
        std::tuple{"a=recvonly\r\n", Direction::sendonly, false}, std::tuple{"", Direction::sendrecv, false}}) {
    const auto agreed = answered(offered(audio + attribute)).negotiated;
    EXPECT_EQ(agreed.direction, expected) << attribute;
    EXPECT_EQ(agreed.held(), held) << attribute;
  }
  const auto old = answered(offered(audio, "c=IN IP4 0.0.0.0\r\n"));
  EXPECT_EQ(old.negotiated.direction, Direction::recvonly);
  EXPECT_TRUE(old.negotiated.held());

  auto holding = ours;
  holding.direction = Direction::sendonly;
  EXPECT_EQ(answered(offered(audio), holding).negotiated.direction, Direction::sendonly);
  EXPECT_EQ(answered(offered(audio + "a=sendonly\r\n"), holding).negotiated.direction, Direction::inactive);
}

TEST(Answer, TakesAddressesOfEitherFamilyFromEitherLevel) {
  const auto agreed = answered(offered("m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::9\r\na=rtcp-mux\r\n"),
                               local_at("[2001:db8::1]:5004"));
  EXPECT_EQ(agreed.negotiated.rtp.to_string(), "[2001:db8::9]:4000");
  EXPECT_EQ(agreed.negotiated.rtcp, agreed.negotiated.rtp);
  EXPECT_EQ(agreed.description.connection->address_type, "IP6");
  EXPECT_TRUE(rtcp_mux(agreed.description.media[0]));
}

TEST(Answer, CountsTheVersionOnlyWhenSomethingChanged) {
  const auto offer = offered("m=audio 4000 RTP/AVP 0\r\n");
  const auto first = answered(offer).description;

  EXPECT_EQ(answer(offer, ours, &first)->description.origin.version, 1u);
  const auto hold = answer(offered("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"), ours, &first);
  EXPECT_EQ(hold->description.origin.version, 2u);
  EXPECT_EQ(hold->description.origin.session_id, first.origin.session_id);
}

TEST(Offer, IsAnsweredByOurselves) {
  const auto offer = make_offer(ours);
  EXPECT_THAT(offer.media[0].formats, ElementsAre("111", "9", "8", "0", "110", "101"));

  const auto read = SessionDescription::parse(offer.to_string());
  ASSERT_TRUE(read);
  const auto theirs = answered(*read, local_at("198.51.100.9:4000"));
  const auto agreed = accept_answer(offer, theirs.description);

  ASSERT_TRUE(agreed);
  EXPECT_EQ(agreed->codec(), (Rtpmap{111, "opus", 48'000, 2}));
  EXPECT_EQ(agreed->codecs[0].fmtp, "useinbandfec=1");
  EXPECT_EQ(agreed->telephone_event->map.clock, 48'000u);
  EXPECT_EQ(agreed->rtp.to_string(), "198.51.100.9:4000");
  EXPECT_TRUE(agreed->rtcp_mux);
  EXPECT_EQ(agreed->direction, Direction::sendrecv);
}

TEST(Offer, ASecondOneKeepsLinesAndPayloadTypes) {
  const auto first =
      answered(offered("m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 96 101\r\na=rtpmap:96 opus/48000/2\r\n"
                       "a=rtpmap:101 telephone-event/48000\r\n"))
          .description;

  auto local = ours;
  local.direction = Direction::sendonly;
  const auto offer = make_offer(local, &first);

  ASSERT_EQ(offer.media.size(), 2u);
  EXPECT_EQ(offer.media[0].port, 0);
  EXPECT_THAT(offer.media[1].formats, ElementsAre("96", "9", "8", "0", "101", "97"));
  EXPECT_EQ(rtpmap(offer.media[1], "101")->clock, 48'000u);
  EXPECT_EQ(offer.origin.version, 2u);
  EXPECT_EQ(make_offer(local, &offer).origin.version, 2u);
}

TEST(AcceptAnswer, SendsWithTheAnswersPayloadTypes) {
  const auto agreed = accept_answer(make_offer(ours),
                                    offered("m=audio 4000 RTP/AVP 100\r\na=rtpmap:100 opus/48000/2\r\na=recvonly\r\n"));
  ASSERT_TRUE(agreed);
  EXPECT_EQ(agreed->codecs[0].map.payload_type, 100);
  EXPECT_EQ(agreed->codecs[0].receive_payload_type, 111);
  EXPECT_EQ(agreed->direction, Direction::sendonly);
  EXPECT_FALSE(agreed->telephone_event);
  EXPECT_FALSE(agreed->rtcp_mux);
}

TEST(AcceptAnswer, RefusesWhatDoesNotFit) {
  const auto offer = make_offer(ours);
  const auto reason = [&](const std::string& media) { return accept_answer(offer, offered(media)).error().reason; };
  EXPECT_EQ(reason(""), Reason::bad_answer);
  EXPECT_EQ(reason("m=video 4000 RTP/AVP 0\r\n"), Reason::bad_answer);
  EXPECT_EQ(reason("m=audio 4000 RTP/AVP 0\r\nm=video 1 RTP/AVP 31\r\n"), Reason::bad_answer);
  EXPECT_EQ(reason("m=audio 0 RTP/AVP 0\r\n"), Reason::no_audio);
  EXPECT_EQ(reason("m=audio 4000 RTP/SAVP 0\r\n"), Reason::bad_protocol);
  EXPECT_EQ(reason("m=audio 4000 RTP/AVP 18\r\n"), Reason::no_common_codec);
}

}  // namespace
}  // namespace parley::sdp
