#include "protocol/sdp/webrtc.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/source_folder.hpp"

namespace parley::sdp::webrtc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string sample(std::string_view name) {
  std::ifstream in{source_folder() / "tests/data/webrtc-sdp" / (std::string{name} + ".sdp")};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_FALSE(text.empty()) << name;
  return text;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}
/// Without each line that begins so.
std::string without(std::string_view text, std::string_view prefix) {
  std::string out;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n') + 1);
    if (!line.starts_with(prefix)) out += line;
    text.remove_prefix(line.size());
  }
  return out;
}

Local our_side() {
  Local local;
  local.session_id = 7;
  local.version = 1;
  local.ice = {"w00aaaaaaaaa", "ourpasswordourpassword"};
  const std::array addresses{*IpAddress::parse("198.51.100.1")};
  local.candidates = ice::host_candidates(addresses, 8189, true);
  local.fingerprint.digest.assign(32, std::byte{0x5A});
  local.ssrc = 1234;
  local.cname = "c@parley";
  return local;
}
Local our_full_side() {
  auto local = our_side();
  local.ice_lite = false;
  return local;
}

Answer answer_to(std::string_view offer, const Local& local = our_side()) {
  auto answered = webrtc::answer(offer, local);
  EXPECT_TRUE(answered) << answered.error().to_string();
  return answered ? *answered : Answer{};
}
Refusal refusal_of(std::string_view offer, const Local& local = our_side()) {
  const auto answered = webrtc::answer(offer, local);
  EXPECT_FALSE(answered);
  return answered ? Refusal{} : answered.error();
}

TEST(WebRtcAnswer, ToChromiumIsCompleteAndSaysOneCodec) {
  const auto answer = answer_to(sample("chromium_audio"));

  EXPECT_EQ(
      answer.description.to_string(),
      "v=0\r\n"
      "o=parley 7 1 IN IP4 198.51.100.1\r\n"
      "s=-\r\n"
      "c=IN IP4 198.51.100.1\r\n"
      "t=0 0\r\n"
      "a=group:BUNDLE 0\r\n"
      "a=ice-lite\r\n"
      "a=ice-options:trickle\r\n"
      "m=audio 8189 UDP/TLS/RTP/SAVPF 111 110 126\r\n"
      "a=rtpmap:111 opus/48000/2\r\n"
      "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n"
      "a=rtcp-fb:111 transport-cc\r\n"
      "a=rtpmap:110 telephone-event/48000\r\n"
      "a=fmtp:110 0-15\r\n"
      "a=rtpmap:126 telephone-event/8000\r\n"
      "a=fmtp:126 0-15\r\n"
      "a=ptime:20\r\n"
      "a=mid:0\r\n"
      "a=rtcp-mux\r\n"
      "a=setup:passive\r\n"
      "a=fingerprint:sha-256 5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:"
      "5A:5A\r\n"
      "a=ice-ufrag:w00aaaaaaaaa\r\n"
      "a=ice-pwd:ourpasswordourpassword\r\n"
      "a=candidate:1 1 udp 2130706431 198.51.100.1 8189 typ host\r\n"
      "a=candidate:2 1 tcp 1520435199 198.51.100.1 8189 typ host tcptype passive\r\n"
      "a=end-of-candidates\r\n"
      "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
      "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
      "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
      "a=rtcp-rsize\r\n"
      "a=sendrecv\r\n"
      "a=msid:parley audio\r\n"
      "a=ssrc:1234 cname:c@parley\r\n");
}

TEST(WebRtcAnswer, TellsWhatChromiumSaid) {
  const auto agreed = answer_to(sample("chromium_audio")).negotiated;

  EXPECT_EQ(agreed.remote.ice, (ice::Credentials{"EEtu", "jNrR8NhFgqbCxFGKzIXtJ7Ph"}));
  EXPECT_TRUE(agreed.remote.trickle);
  EXPECT_FALSE(agreed.remote.ice_lite || agreed.remote.end_of_candidates);
  EXPECT_EQ(agreed.remote.candidates.size(), 2u);
  EXPECT_EQ(agreed.remote.candidates_skipped, 1u) << "the .local name";
  EXPECT_EQ(agreed.remote.fingerprints.size(), 1u);
  EXPECT_EQ(agreed.remote.setup, Setup::actpass);
  EXPECT_EQ(agreed.setup, Setup::passive);
  EXPECT_EQ(agreed.codec().map.to_string(), "111 opus/48000/2");
  EXPECT_EQ(agreed.codec().fmtp, "minptime=10;useinbandfec=1");
  EXPECT_EQ(agreed.telephone_event->map.to_string(), "110 telephone-event/48000");
  EXPECT_EQ(agreed.telephone_events.size(), 2u);
  EXPECT_EQ(agreed.extensions, (Extensions{.mid = 4, .audio_level = 1, .transport_cc = 3}));
  EXPECT_TRUE(agreed.feedback_transport_cc);
  EXPECT_FALSE(agreed.feedback_nack);
  EXPECT_EQ(agreed.remote.ssrc, 3570614608u);
  EXPECT_EQ(agreed.remote.cname, "4TOk42mSjXCkVIa6");
  EXPECT_EQ(agreed.remote.mid, "0");
  EXPECT_TRUE(agreed.remote.bundled && agreed.remote.rtcp_mux && agreed.remote.rtcp_rsize);
}

TEST(WebRtcAnswer, RejectsOtherSectionsInTheirPlacesAndLeavesThemOutOfTheBundle) {
  const auto answer = answer_to(sample("chromium_video_audio_data"));
  const auto text = answer.description.to_string();

  ASSERT_EQ(answer.description.media.size(), 3u);
  EXPECT_EQ(answer.negotiated.media_index, 1u);
  EXPECT_THAT(text, HasSubstr("a=group:BUNDLE audio\r\n"));
  EXPECT_THAT(text, HasSubstr("m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:video\r\nm=audio 8189 "));
  EXPECT_THAT(text, HasSubstr("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:data\r\n"));
}

TEST(WebRtcAnswer, FindsTheTransportOfABundleOnlySectionInTheFirstOne) {
  const auto answer = answer_to(sample("chromium_max_bundle"));

  EXPECT_EQ(answer.negotiated.media_index, 1u);
  EXPECT_EQ(answer.negotiated.remote.ice.ufrag, "EEtu");
  EXPECT_NE(answer.description.media[1].port, 0);
}

TEST(WebRtcAnswer, ToFirefoxTakesSessionLevelFingerprintAndEventsAtAnotherClock) {
  const auto agreed = answer_to(sample("firefox_audio")).negotiated;

  EXPECT_EQ(agreed.codec().map.to_string(), "109 opus/48000/2");
  EXPECT_EQ(agreed.remote.fingerprints.size(), 1u);
  EXPECT_EQ(agreed.telephone_event->map.payload_type, 101);
  EXPECT_EQ(agreed.telephone_event->map.clock, 8'000u);
  EXPECT_EQ(agreed.extensions, (Extensions{.mid = 3, .audio_level = 1}));
  EXPECT_FALSE(agreed.feedback_transport_cc);
}

TEST(WebRtcAnswer, ToSafariAndAiortc) {
  const auto safari = answer_to(sample("safari_audio")).negotiated;
  const auto aiortc = answer_to(sample("aiortc_audio")).negotiated;

  EXPECT_EQ(safari.codec().map.payload_type, 111);
  EXPECT_EQ(safari.telephone_event->map.payload_type, 110);
  EXPECT_EQ(aiortc.codec().map.payload_type, 96);
  EXPECT_FALSE(aiortc.telephone_event);
  EXPECT_TRUE(aiortc.remote.end_of_candidates);
  EXPECT_EQ(aiortc.remote.candidates.front().address.to_string(), "127.0.0.1:37511");
}

TEST(WebRtcAnswer, ToAnIceLitePeerIsFullAndActive) {
  auto local = our_full_side();
  local.preferred_setup = Setup::active;
  const auto answer = answer_to(sample("whatsapp_offer"), local);
  const auto& agreed = answer.negotiated;

  EXPECT_TRUE(agreed.remote.ice_lite);
  EXPECT_EQ(agreed.remote.ice.pwd, "CjNZCZvqIBtopQuJ/08/Bg==");
  EXPECT_EQ(agreed.remote.candidates.size(), 2u);
  EXPECT_EQ(agreed.setup, Setup::active);
  EXPECT_FALSE(agreed.feedback_transport_cc) << "announced without a header extension";
  EXPECT_EQ(agreed.extensions, Extensions{});
  EXPECT_EQ(agreed.telephone_event->map.to_string(), "126 telephone-event/8000");
  EXPECT_EQ(agreed.remote.ptime, std::chrono::milliseconds{20});
  const auto opus = OpusParameters::parse(agreed.codec().fmtp);
  EXPECT_EQ(opus.max_average_bitrate, 20'000u);
  EXPECT_EQ(opus.min_ptime, std::chrono::milliseconds{20});
  EXPECT_TRUE(opus.use_inband_fec);
  EXPECT_THAT(answer.description.to_string(), Not(HasSubstr("ice-lite")));
}

TEST(WebRtcAnswer, FallsBackToG722ThenPcmuThenPcma) {
  const auto chromium = without(sample("chromium_audio"), "a=rtpmap:111");
  const auto codec = [](const std::string& offer) { return answer_to(offer).negotiated.codec().map.encoding; };

  EXPECT_EQ(codec(chromium), "G722");
  EXPECT_EQ(codec(replaced(chromium, " 63 9 0 8", " 63 0 8")), "PCMU");
  EXPECT_EQ(codec(replaced(chromium, " 63 9 0 8", " 63 8")), "PCMA");
  const auto g722 = answer_to(chromium).negotiated;
  EXPECT_EQ(g722.telephone_event->map.payload_type, 126) << "at the codec's clock";
}

TEST(WebRtcAnswer, TheSetupRoleIsTheOtherOneAndKeptInReoffers) {
  const auto offer = sample("chromium_audio");
  const auto setup = [&](std::string_view said, webrtc::Setup preferred) {
    auto local = our_side();
    local.preferred_setup = preferred;
    return answer_to(replaced(offer, "a=setup:actpass", said), local).negotiated.setup;
  };

  EXPECT_EQ(setup("a=setup:actpass", Setup::passive), Setup::passive);
  EXPECT_EQ(setup("a=setup:actpass", Setup::active), Setup::active);
  EXPECT_EQ(setup("a=setup:active", Setup::active), Setup::passive);
  EXPECT_EQ(setup("a=setup:passive", Setup::passive), Setup::active);

  const auto first = answer_to(replaced(offer, "a=setup:actpass", "a=setup:passive"));
  const auto again = webrtc::answer(offer, our_side(), &first.description);
  EXPECT_EQ(again->negotiated.setup, Setup::active);
}

TEST(WebRtcAnswer, MirrorsTheDirection) {
  const auto offer = sample("chromium_audio");
  const auto direction = [&](std::string_view said) {
    return answer_to(replaced(offer, "a=sendrecv", said)).negotiated.direction;
  };

  EXPECT_EQ(direction("a=sendonly"), Direction::recvonly);
  EXPECT_EQ(direction("a=recvonly"), Direction::sendonly);
  EXPECT_EQ(direction("a=inactive"), Direction::inactive);
}

struct Refused {
  std::string name, offer;
  Refusal::Reason reason;
  std::string text;
};
class WebRtcRefusals : public ::testing::TestWithParam<Refused> {};

TEST_P(WebRtcRefusals, NameTheLine) {
  const auto refusal = refusal_of(GetParam().offer);

  EXPECT_EQ(describe(refusal.reason), describe(GetParam().reason));
  EXPECT_THAT(refusal.text, HasSubstr(GetParam().text));
  std::istringstream lines{GetParam().offer};
  std::string line;  // stays empty for line 0
  for (std::size_t i = 0; i < refusal.line; ++i) std::getline(lines, line);
  EXPECT_EQ(line.substr(0, 200), refusal.text);
  EXPECT_EQ(refusal.line == 0, GetParam().text.empty());
}

std::vector<Refused> refused_offers() {
  using enum Refusal::Reason;
  const auto good = sample("chromium_audio");
  const std::string m_line = "m=audio 9 UDP/TLS/RTP/SAVPF 111";
  return {
      {"NotSdp", "hello", bad_sdp, "hello"},
      {"BadMediaLine", replaced(good, "m=audio 9 ", "m=audio nine "), bad_sdp, "m=audio nine"},
      {"NoMedia", good.substr(0, good.find("m=audio")), no_audio, ""},
      {"VideoOnly", replaced(good, "m=audio", "m=video"), no_audio, ""},
      {"Disabled", replaced(good, "m=audio 9", "m=audio 0"), no_audio, "m=audio 0"},
      {"PlainRtp", replaced(good, "UDP/TLS/RTP/SAVPF", "RTP/AVP"), bad_protocol, "m=audio 9 RTP/AVP"},
      {"BundleOnlyWithoutBundle",
       without(replaced(replaced(good, "m=audio 9", "m=audio 0"), "a=mid:0", "a=bundle-only\na=mid:0"), "a=group"),
       not_bundled, "a=bundle-only"},
      {"NoUfrag", without(good, "a=ice-ufrag"), no_ice_credentials, m_line},
      {"NoPwd", without(good, "a=ice-pwd"), no_ice_credentials, m_line},
      {"ShortUfrag", replaced(good, "a=ice-ufrag:EEtu", "a=ice-ufrag:EE"), bad_ice_credentials, "a=ice-ufrag:EE"},
      {"ShortPwd", replaced(good, "jNrR8NhFgqbCxFGKzIXtJ7Ph", "short"), bad_ice_credentials, "a=ice-pwd:short"},
      {"BothLite", replaced(good, "a=group", "a=ice-lite\na=group"), both_lite, "a=ice-lite"},
      {"NoFingerprint", without(good, "a=fingerprint"), no_fingerprint, m_line},
      {"ShortFingerprint", replaced(good, "sha-256 AD:46:", "sha-256 "), bad_fingerprint, "a=fingerprint:sha-256 00"},
      {"NoSetup", without(good, "a=setup"), no_setup, m_line},
      {"StrangeSetup", replaced(good, "a=setup:actpass", "a=setup:maybe"), bad_setup, "a=setup:maybe"},
      {"Holdconn", replaced(good, "a=setup:actpass", "a=setup:holdconn"), bad_setup, "a=setup:holdconn"},
      {"NoRtcpMux", without(good, "a=rtcp-mux"), no_rtcp_mux, m_line},
      {"NoCodec", replaced(good, "111 63 9 0 8 13 110 126", "63 13 110"), no_common_codec, "SAVPF 63 13 110"},
  };
}

INSTANTIATE_TEST_SUITE_P(, WebRtcRefusals, ::testing::ValuesIn(refused_offers()),
                         [](const auto& each) { return each.param.name; });

TEST(WebRtcRefusal, IsOneSentence) {
  const auto refusal = refusal_of(replaced(sample("chromium_audio"), "a=ice-ufrag:EEtu", "a=ice-ufrag:EE"));

  EXPECT_EQ(refusal.to_string(),
            "ICE credentials too short, too long, or with other characters, line 14: a=ice-ufrag:EE");
}

TEST(WebRtcAnswer, ASecondAudioSectionIsTriedWhenTheFirstIsOfNoUse) {
  auto offer = sample("chromium_audio");
  const auto section = offer.substr(offer.find("m=audio"));
  offer = replaced(offer, "m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 RTP/AVP") + replaced(section, "a=mid:0", "a=mid:1");

  const auto answer = answer_to(offer);

  EXPECT_EQ(answer.negotiated.media_index, 1u);
  EXPECT_EQ(answer.description.media[0].port, 0);
}

TEST(WebRtcReoffer, AnIceRestartIsBothNewUfragAndPwd) {
  const auto offer = sample("chromium_audio");
  const auto first = answer_to(offer);
  const auto restarted = replaced(replaced(without(offer, "a=candidate"), "a=ice-ufrag:EEtu", "a=ice-ufrag:next"),
                                  "jNrR8NhFgqbCxFGKzIXtJ7Ph", "nextnextnextnextnextnext");
  const auto again = webrtc::answer(restarted, our_side(), &first.description);
  const auto held = webrtc::answer(replaced(offer, "a=sendrecv", "a=inactive"), our_side(), &first.description);
  const auto same = webrtc::answer(offer, our_side(), &first.description);
  ASSERT_TRUE(again && held && same);

  const auto restart = changes(first.negotiated, again->negotiated);
  EXPECT_TRUE(restart.ice_restart && restart.candidates);
  EXPECT_FALSE(restart.dtls_restart || restart.direction || restart.codec);
  const auto hold = changes(first.negotiated, held->negotiated);
  EXPECT_TRUE(hold.direction);
  EXPECT_FALSE(hold.ice_restart);
  EXPECT_EQ(held->description.origin.version, first.description.origin.version + 1);
  EXPECT_EQ(same->description, first.description) << "the version counts changes only";
}

TEST(WebRtcOffer, IsAnsweredByOurselves) {
  const auto full = our_full_side();
  const auto offer = make_offer(full);
  auto other = our_side();
  other.ice = {"w01bbbbbbbbb", "theirpasswordtheirpassword"};

  const auto answer = answer_to(offer.to_string(), other);
  const auto agreed = accept_answer(offer, answer.description.to_string());

  ASSERT_TRUE(agreed) << agreed.error().to_string();
  EXPECT_EQ(answer.negotiated.remote.setup, Setup::actpass);
  EXPECT_EQ(agreed->setup, Setup::active);
  EXPECT_EQ(agreed->remote.ice, other.ice);
  EXPECT_TRUE(agreed->remote.ice_lite);
  EXPECT_EQ(agreed->codec().map.encoding, "opus");
  EXPECT_EQ(agreed->telephone_event->map.clock, 48'000u);
  EXPECT_EQ(agreed->extensions, answer.negotiated.extensions);
  EXPECT_EQ(agreed->extensions, (Extensions{.mid = 1, .audio_level = 2, .transport_cc = 3}));
  EXPECT_TRUE(agreed->feedback_transport_cc && answer.negotiated.feedback_transport_cc);
  EXPECT_EQ(agreed->direction, Direction::sendrecv);
}

TEST(WebRtcOffer, TakesTheAnswerOfAnIceLitePeer) {
  auto local = our_full_side();
  local.mid = "audio";
  const auto offer = make_offer(local);

  const auto agreed = accept_answer(offer, sample("whatsapp_answer"));

  ASSERT_TRUE(agreed) << agreed.error().to_string();
  EXPECT_EQ(agreed->setup, Setup::passive);
  EXPECT_TRUE(agreed->remote.ice_lite);
  EXPECT_EQ(agreed->telephone_event->map.payload_type, 126);
  EXPECT_EQ(agreed->extensions, Extensions{});
}

TEST(WebRtcOffer, RefusesAnswersThatDoNotFit) {
  const auto offer = make_offer(our_side());
  const auto reason = [&](const std::string& answer) {
    const auto agreed = accept_answer(offer, answer);
    return agreed ? std::nullopt : std::optional{agreed.error().reason};
  };
  const auto good = answer_to(offer.to_string(), our_full_side()).description.to_string();

  EXPECT_EQ(reason(good), std::nullopt);
  EXPECT_EQ(reason(good + "m=audio 9 RTP/AVP 0\r\n"), Refusal::Reason::bad_answer);
  EXPECT_EQ(reason(replaced(good, "m=audio", "m=video")), Refusal::Reason::bad_answer);
  EXPECT_EQ(reason(replaced(good, "m=audio 8189", "m=audio 0")), Refusal::Reason::no_audio);
  EXPECT_EQ(reason(replaced(good, "a=setup:passive", "a=setup:actpass")), Refusal::Reason::bad_setup);
  EXPECT_EQ(reason(replaced(good, "opus/48000", "opas/48000")), Refusal::Reason::no_common_codec);
  EXPECT_EQ(reason(sample("whatsapp_answer")), Refusal::Reason::both_lite);
  EXPECT_EQ(reason("v=1"), Refusal::Reason::bad_sdp);
}

TEST(WebRtcOffer, ALaterOneKeepsPlacesPayloadTypesAndExtensionIds) {
  const auto answered = answer_to(sample("chromium_video_audio_data")).description;

  const auto offer = make_offer(our_side(), &answered);

  ASSERT_EQ(offer.media.size(), 3u);
  EXPECT_EQ(offer.media[0].port, 0);
  EXPECT_EQ(offer.media[1].attributes.value("mid"), "audio");
  EXPECT_EQ(offer.media[1].attributes.value("setup"), "actpass");
  EXPECT_EQ(rtpmap(offer.media[1], "111")->encoding, "opus");
  EXPECT_THAT(offer.media[1].attributes.values("extmap"), ::testing::Contains("4 urn:ietf:params:rtp-hdrext:sdes:mid"));
  EXPECT_EQ(offer.origin.version, answered.origin.version + 1);
}

TEST(WebRtcAnswer, AFloodOfCandidatesIsCutOff) {
  auto offer = sample("chromium_audio");
  for (int i = 0; i < 500; ++i) offer += "a=candidate:1 1 udp 1 192.0.2.1 " + std::to_string(1 + i) + " typ host\n";

  const auto agreed = answer_to(offer).negotiated;

  EXPECT_EQ(agreed.remote.candidates.size(), 64u);
  EXPECT_EQ(agreed.remote.candidates_skipped, 500u + 3u - 64u);
}

}  // namespace
}  // namespace parley::sdp::webrtc
