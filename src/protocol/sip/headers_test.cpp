#include "protocol/sip/headers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/sip/header_names.hpp"

namespace parley::sip {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NameAddr, ReadsEveryForm) {
  EXPECT_EQ(NameAddr::parse("<sip:a@b>")->display, "");
  EXPECT_EQ(NameAddr::parse("Alice B. Smith <sip:a@b>;tag=1")->display, "Alice B. Smith");
  EXPECT_EQ(NameAddr::parse("\"Smith, \\\"A\\\"\"<sip:a@b>")->display, "Smith, \"A\"");
  EXPECT_EQ(NameAddr::parse("Jos\xC3\xA9 <sip:a@b>")->display, "Jos\xC3\xA9");
  EXPECT_EQ(NameAddr::parse("sip:a@b;tag=1")->tag(), "1");
  EXPECT_EQ(NameAddr::parse("sip:a@b;x=\"<\"")->params.value("x"), "<");
  EXPECT_EQ(NameAddr::parse("<sip:a@b;lr> ; Tag = abc== ;q=0.5")->tag(), "abc==");
}

TEST(NameAddr, WritesWhatItReads) {
  for (const auto* text : {"\"A \\\"quoted\\\" \\\\ name\" <sip:a@b;lr>;tag=1;x=\"y z\"", "<tel:+1>;flag",
                           "<sip:a@b>;+sip.instance=\"<urn:uuid:0>\";reg-id=1"})
    EXPECT_EQ(NameAddr::parse(text)->to_string(), text);
}

TEST(NameAddr, RefusesWhatIsNone) {
  for (const auto* text :
       {"", "*", "Alice", "Alice sip:a@b", "<sip:a@b", "sip:a@b>", "\"Alice <sip:a@b>", "\"Alice\" sip:a@b",
        "sip:a@b?x=y", "<sip:a@b>tag=1", "<sip:a@b>;;", "<sip:a@b>;=1", "A, B <sip:a@b>"})
    EXPECT_FALSE(NameAddr::parse(text)) << text;
}

TEST(Via, ReadsWithAndWithoutSpace) {
  const auto via = Via::parse("SIP / 2.0 / udp  [2001:db8::1] : 5070 ; branch = z9hG4bKx;rport;received=192.0.2.1");

  ASSERT_TRUE(via);
  EXPECT_EQ(via->to_string(), "SIP/2.0/UDP [2001:db8::1]:5070;branch=z9hG4bKx;rport;received=192.0.2.1");
  EXPECT_EQ(via->branch(), "z9hG4bKx");
}

TEST(Via, RefusesWhatIsNone) {
  for (const auto* text : {"", "SIP/2.0", "SIP/2.0/UDP", "SIP/2.0/ host", "SIP/3.0/UDP host", "HTTP/2.0/UDP host",
                           "SIP/2.0/UDP host:0", "SIP/2.0/UDP host:x", "SIP/2.0/UDP host;", "SIP/2.0/UDP a b"})
    EXPECT_FALSE(Via::parse(text)) << text;
}

TEST(CSeq, EndsAt31Bits) {
  EXPECT_EQ(CSeq::parse("2147483647\tBYE"), (CSeq{2147483647, "BYE"}));
  for (const auto* text : {"2147483648 BYE", "1", "BYE", "1 B YE", "-1 BYE"}) EXPECT_FALSE(CSeq::parse(text)) << text;
}

TEST(RAck, ReadsBothNumbers) {
  const auto rack = RAck::parse("776656 1 INVITE");
  ASSERT_TRUE(rack);
  EXPECT_EQ(rack->rseq, 776656u);
  EXPECT_EQ(rack->cseq, (CSeq{1, "INVITE"}));
  EXPECT_FALSE(RAck::parse("1 INVITE"));
}

TEST(SessionExpires, ReadsAndWritesTheRefresher) {
  const auto expires = SessionExpires::parse("1800 ; Refresher=UAC");
  ASSERT_TRUE(expires);
  EXPECT_EQ(expires->to_string(), "1800;refresher=uac");
  EXPECT_FALSE(SessionExpires::parse("4294967296"));
  EXPECT_FALSE(SessionExpires::parse("soon"));
}

TEST(HeaderLists, SplitOutsideQuotesAndBrackets) {
  EXPECT_THAT(*split_list("a , \"b,\\\"c\" <sip:x,y@z>,,d"), ElementsAre("a", "\"b,\\\"c\" <sip:x,y@z>", "", "d"));
  EXPECT_THAT(*split_list(" \t"), IsEmpty());
  EXPECT_FALSE(split_list("a, \"b"));
  EXPECT_FALSE(split_list("a, <b"));
}

TEST(HeaderNames, HaveOneSpelling) {
  EXPECT_EQ(canonical_header_name("v"), "Via");
  EXPECT_EQ(canonical_header_name("X"), "Session-Expires");
  EXPECT_EQ(canonical_header_name("www-AUTHENTICATE"), "WWW-Authenticate");
  EXPECT_EQ(canonical_header_name("cseq"), "CSeq");
  EXPECT_EQ(canonical_header_name("X-Own"), "X-Own");
  EXPECT_EQ(canonical_header_name("z"), "z");
}

}  // namespace
}  // namespace parley::sip
