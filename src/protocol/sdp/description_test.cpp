#include "protocol/sdp/description.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/source_folder.hpp"
#include "protocol/sdp/audio.hpp"

namespace parley::sdp {
namespace {

using ::testing::ElementsAre;

// RFC 8866 §5, with a media title, a bandwidth and an attribute nobody knows.
const std::string example =
    "v=0\r\n"
    "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\n"
    "s=Call to John Smith\r\n"
    "i=SDP Offer #1\r\n"
    "u=http://www.jdoe.example.com/home.html\r\n"
    "e=Jane Doe <jane@jdoe.example.com>\r\n"
    "p=+1 617 555-6011\r\n"
    "c=IN IP4 198.51.100.1\r\n"
    "b=AS:64\r\n"
    "t=0 0\r\n"
    "a=group:BUNDLE 0\r\n"
    "m=audio 49170 RTP/AVP 0 96\r\n"
    "i=talk\r\n"
    "c=IN IP6 2001:db8::2\r\n"
    "a=rtpmap:96 opus/48000/2\r\n"
    "a=x-unknown:a:b c\r\n"
    "a=recvonly\r\n"
    "m=audio 49180/2 RTP/AVP 0\r\n";

Error error_of(std::string_view text) {
  const auto session = SessionDescription::parse(text);
  EXPECT_FALSE(session) << text;
  return session ? Error{} : session.error();
}

TEST(SessionDescription, ReadsAndWritesTheSameText) {
  const auto session = SessionDescription::parse(example);

  ASSERT_TRUE(session);
  EXPECT_EQ(session->to_string(), example);
  EXPECT_EQ(session->origin.session_id, 3724394400u);
  EXPECT_EQ(session->connection->ip()->to_string(), "198.51.100.1");
  ASSERT_EQ(session->media.size(), 2u);
  EXPECT_EQ(session->media[0].line, 12u);
  EXPECT_THAT(session->media[0].formats, ElementsAre("0", "96"));
  EXPECT_EQ(session->media[0].attributes.value("x-unknown"), "a:b c");
  EXPECT_EQ(session->media[0].attributes.value("recvonly"), "");
  EXPECT_EQ(session->media[1].ports, 2);
}

TEST(SessionDescription, ForgivesWhatHurtsNobody) {
  const auto session = SessionDescription::parse(
      "v=0\no=- 1 1 IN IP4 192.0.2.1 \nx=?\na=early\nc=IN IP4 192.0.2.1\n\nm=audio  1  RTP/AVP  0\n");

  ASSERT_TRUE(session);
  EXPECT_EQ(session->name, "-");
  EXPECT_EQ(
      session->to_string(),
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=early\r\nm=audio 1 RTP/AVP 0\r\n");
}

TEST(SessionDescription, NamesTheDefectAndItsLine) {
  const std::string head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n";
  const auto expect = [](const std::string& text, ParseError error, std::size_t line) {
    const auto actual = error_of(text);
    EXPECT_EQ(actual.error, error) << text << describe(actual.error);
    EXPECT_EQ(actual.line, line) << text;
  };
  expect("", ParseError::bad_version, 0);
  expect("v=1\r\n", ParseError::bad_version, 1);
  expect("s=-\r\n", ParseError::bad_version, 1);
  expect("v=0\r\ns=-\r\n", ParseError::missing_origin, 2);
  expect("v=0\r\no=- x 1 IN IP4 192.0.2.1\r\n", ParseError::bad_origin, 2);
  expect(head + "o=- 1 1 IN IP4 192.0.2.1\r\n", ParseError::bad_origin, 3);
  expect(head + "hello\r\n", ParseError::bad_line, 3);
  expect(head + "s=a\rb\r\n", ParseError::bad_line, 3);
  expect(head + "a=:x\r\n", ParseError::bad_line, 3);
  expect(head + "c=IN IP4\r\n", ParseError::bad_connection, 3);
  for (const auto* media :
       {"m=audio", "m=audio x RTP/AVP 0", "m=audio 65536 RTP/AVP 0", "m=audio 1 RTP/AVP", "m=audio 1/0 RTP/AVP 0"})
    expect(head + "s=-\r\n" + media + "\r\n", ParseError::bad_media, 4);
}

TEST(SessionDescription, IsBounded) {
  const std::string head = "v=0\no=- 1 1 IN IP4 192.0.2.1\n";
  std::string media, lines, formats = "m=audio 1 RTP/AVP";
  for (int i = 0; i < 100; ++i) media += "m=audio 1 RTP/AVP 0\n";
  for (int i = 0; i < 3000; ++i) lines += "a=x\n";
  for (int i = 0; i < 200; ++i) formats += " 0";

  EXPECT_EQ(error_of(head + media).error, ParseError::too_large);
  EXPECT_EQ(error_of(head + lines).error, ParseError::too_large);
  EXPECT_EQ(error_of(std::string(70'000, 'x')).error, ParseError::too_large);
  EXPECT_EQ(error_of(head + formats).error, ParseError::bad_media);
}

TEST(SessionDescription, NeverLetsAValueStartAnotherLine) {
  auto session = *SessionDescription::parse(example);
  session.name = "x\r\nm=audio 1 RTP/AVP 0";
  EXPECT_EQ(SessionDescription::parse(session.to_string())->media.size(), 2u);
}

TEST(SessionDescription, ReadsTheBodiesOfTheTortureMessages) {
  for (const auto* name : {"rfc4475/wsinv", "rfc4475/inv2543", "rfc5118/ipv6-in-sdp", "rfc5118/mult-ip-in-sdp",
                           "rfc5118/ipv4-mapped-ipv6"}) {
    std::ifstream in{source_folder() / "tests/data/sip-torture" / (std::string{name} + ".dat"), std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    const auto session = SessionDescription::parse(std::string_view{text}.substr(text.find("\r\n\r\n") + 4));
    ASSERT_TRUE(session) << name;
    ASSERT_FALSE(session->media.empty()) << name;
    EXPECT_TRUE(rtp_endpoint(*session, session->media[0])) << name;
    EXPECT_EQ(*SessionDescription::parse(session->to_string()), *session) << name;
  }
}

TEST(AudioAttributes, KnowStaticPayloadTypes) {
  const Media media{.kind = "audio", .formats = {"0", "9"}};
  EXPECT_EQ(rtpmap(media, "9"), (Rtpmap{9, "G722", 8'000}));
  EXPECT_EQ(rtpmap(media, "0")->to_string(), "0 PCMU/8000");
  for (const auto* format : {"96", "128", "-1", "x", ""}) EXPECT_FALSE(rtpmap(media, format)) << format;
}

TEST(AudioAttributes, ReadTimesDirectionAndRtcp) {
  SessionDescription session;
  session.connection = Connection{"IN", "IP4", "224.2.1.1/127"};
  session.attributes.add("sendonly");
  Media media{.kind = "audio", .port = 4000};
  EXPECT_EQ(direction(session, media), Direction::sendonly);
  EXPECT_EQ(rtp_endpoint(session, media)->to_string(), "224.2.1.1:4000");
  EXPECT_EQ(rtcp_endpoint(session, media)->port, 4001);

  media.attributes.add("inactive");
  media.attributes.add("ptime", "30");
  media.attributes.add("maxptime", "x");
  media.attributes.add("rtcp", "53020 IN IP6 2001:db8::1");
  EXPECT_EQ(direction(session, media), Direction::inactive);
  EXPECT_EQ(ptime(media), std::chrono::milliseconds{30});
  EXPECT_FALSE(max_ptime(media));
  EXPECT_EQ(rtcp_endpoint(session, media)->to_string(), "[2001:db8::1]:53020");
  media.attributes.add("rtcp-mux");
  EXPECT_EQ(rtcp_endpoint(session, media)->port, 4000);
  media.connection = Connection{"IN", "IP4", "host.example.com"};
  EXPECT_FALSE(rtp_endpoint(session, media));
}

TEST(AudioAttributes, ReadOpusParameters) {
  const auto opus =
      OpusParameters::parse("maxplaybackrate=16000; UseInbandFec=1;usedtx=1; stereo=0;ptime=40;maxaveragebitrate=x");
  EXPECT_EQ(opus.max_playback_rate, 16'000u);
  EXPECT_EQ(opus.sprop_max_capture_rate, 48'000u);
  EXPECT_TRUE(opus.use_inband_fec);
  EXPECT_TRUE(opus.use_dtx);
  EXPECT_FALSE(opus.stereo);
  EXPECT_EQ(opus.ptime, std::chrono::milliseconds{40});
  EXPECT_FALSE(opus.max_average_bitrate);
}

}  // namespace
}  // namespace parley::sdp
