#include "protocol/sdp/trickle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::sdp {
namespace {

using ::testing::ElementsAre;

// RFC 8840 §9, shortened, with a second section.
const std::string example =
    "a=ice-options:trickle\r\n"
    "a=group:BUNDLE 0 1\r\n"
    "a=ice-ufrag:8hhY\r\n"
    "a=ice-pwd:asd88fgpdd777uzjYhagZg\r\n"
    "m=audio 9 RTP/AVP 0\r\n"
    "a=mid:0\r\n"
    "a=candidate:1 1 udp 2130706432 2001:db8:a0b:12f0::1 5000 typ host\r\n"
    "a=candidate:1 2 udp 2130706432 2001:db8:a0b:12f0::1 5001 typ host\r\n"
    "a=end-of-candidates\r\n"
    "m=audio 9 RTP/AVP 0\r\n"
    "a=mid:1\r\n"
    "a=ice-ufrag:9uB6\r\n"
    "a=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\n";

ParseError error_of(std::string_view text) {
  const auto fragment = TrickleFragment::parse(text);
  EXPECT_FALSE(fragment) << text;
  return fragment ? ParseError{} : fragment.error().error;
}

TEST(TrickleFragment, ReadsAndWritesTheSameText) {
  const auto fragment = TrickleFragment::parse(example);

  ASSERT_TRUE(fragment);
  EXPECT_EQ(fragment->to_string(), example);
  EXPECT_TRUE(fragment->trickle);
  EXPECT_THAT(fragment->bundle, ElementsAre("0", "1"));
  ASSERT_EQ(fragment->sections.size(), 2u);
  EXPECT_EQ(fragment->find("0")->candidates.size(), 2u);
  EXPECT_TRUE(fragment->find("0")->end_of_candidates);
  EXPECT_EQ(fragment->find("2"), nullptr);
  EXPECT_EQ(fragment->credentials_for("0")->ufrag, "8hhY");
  EXPECT_EQ(fragment->credentials_for("1")->ufrag, "9uB6");
}

TEST(TrickleFragment, ForgivesMissingSectionsAndSkipsWhatItDoesNotKnow) {
  const auto fragment = TrickleFragment::parse(
      "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host generation 0\n"
      "a=candidate:2 1 udp 1 1b2c.local 5000 typ host\n"
      "a=candidate:\n"
      "a=x-unknown\n"
      "b=AS:1\n");

  ASSERT_TRUE(fragment);
  ASSERT_NE(fragment->find("0"), nullptr);
  EXPECT_EQ(fragment->find("0")->candidates.size(), 1u);
  EXPECT_EQ(fragment->candidates_skipped, 2u);
}

TEST(TrickleFragment, RefusesWhatIsNoFragment) {
  EXPECT_EQ(error_of("{\"candidate\": \"…\"}"), ParseError::bad_line);
  EXPECT_EQ(error_of("a=ice-ufrag:8hhY\r\n"), ParseError::bad_line);
  EXPECT_EQ(error_of("a=ice-ufrag:8hhY\r\na=ice-pwd:short\r\n"), ParseError::bad_line);
  EXPECT_EQ(error_of("m=\r\n"), ParseError::bad_media);
  EXPECT_EQ(error_of(std::string(16'385, 'x')), ParseError::too_large);
}

TEST(TrickleFragment, IsBounded) {
  std::string sections, candidates = "m=audio 9 RTP/AVP 0\n";
  for (int i = 0; i < 17; ++i) sections += "m=audio 9 RTP/AVP 0\n";
  for (int i = 0; i < 200; ++i) candidates += "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host\n";

  EXPECT_EQ(error_of(sections), ParseError::too_large);
  EXPECT_EQ(TrickleFragment::parse(candidates)->sections.front().candidates.size(), 64u);
  EXPECT_EQ(TrickleFragment::parse(candidates)->candidates_skipped, 136u);
}

TEST(TrickleFragment, AnEmptyOneIsFine) { EXPECT_EQ(TrickleFragment::parse("")->to_string(), ""); }

}  // namespace
}  // namespace parley::sdp
