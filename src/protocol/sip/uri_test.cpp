#include "protocol/sip/uri.hpp"

#include <gtest/gtest.h>

namespace parley::sip {
namespace {

bool equivalent(std::string_view a, std::string_view b) {
  const auto left = Uri::parse(a), right = Uri::parse(b);
  EXPECT_TRUE(left && right) << a << ' ' << b;
  return left && right && left->equivalent(*right) && right->equivalent(*left);
}

TEST(SipUri, ReadsEveryPart) {
  const auto uri =
      Uri::parse("SIPS:alice:pw@Atlanta.EXAMPLE.com:5061;transport=tcp;lr?subject=project&priority=urgent");

  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->scheme, "sips");
  EXPECT_EQ(uri->user, "alice");
  EXPECT_EQ(uri->password, "pw");
  EXPECT_EQ(uri->host, "atlanta.example.com");
  EXPECT_EQ(uri->port, 5061);
  EXPECT_EQ(uri->params.value("Transport"), "tcp");
  EXPECT_TRUE(uri->params.has("lr"));
  EXPECT_EQ(uri->headers, "subject=project&priority=urgent");
}

TEST(SipUri, WritesWhatItReads) {
  for (const auto* text : {"sip:a@b", "sip:[2001:db8::1]:5060", "sips:a:b@c:1;d;e=f?g=h", "tel:+1-201-555-0123;ext=5",
                           "sip:*98#1@pbx", "urn:service:sos", "sip:a@b;lr;x=%41", "http://www.example.com"})
    EXPECT_EQ(Uri::parse(text)->to_string(), text);
}

TEST(SipUri, RefusesWhatIsNone) {
  for (const auto* text : {"",          "sip:",          ":a@b",       "sip:@b",      "sip:a@",     "sip:a b@c",
                           "sip:a@b:0", "sip:a@b:65536", "sip:a@b:x",  "sip:a@b:",    "sip:a@[::1", "sip:a@2001:db8::1",
                           "sip:a%4@b", "sip:a@b;",      "sip:a@b;;c", "sip:a@b?",    "sip:a@b;=c", "sip:a@b@c",
                           "sip:a\"@b", "1sip:a@b",      "tel:",       "tel:call-me", "urn:",       "x:a>b"})
    EXPECT_FALSE(Uri::parse(text)) << text;
  EXPECT_FALSE(Uri::parse(std::string_view{"sip:[::1\0x]", 12}));
}

TEST(SipUri, EscapesWhatAParameterCannotHold) {
  auto uri = *Uri::parse("sip:a@b");
  uri.params.set("x", "1;y=2 ?");
  EXPECT_EQ(uri.to_string(), "sip:a@b;x=1%3By=2%20%3F");
}

TEST(SipUri, ComparesByTheRulesOfRfc3261) {  // the examples of §19.1.4
  EXPECT_TRUE(equivalent("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
  EXPECT_TRUE(equivalent("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
  EXPECT_TRUE(equivalent("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                         "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
  EXPECT_TRUE(equivalent("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                         "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
  EXPECT_FALSE(equivalent("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
  EXPECT_FALSE(equivalent("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
  EXPECT_FALSE(equivalent("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
  EXPECT_FALSE(equivalent("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
  EXPECT_FALSE(equivalent("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
  EXPECT_FALSE(equivalent("sip:a%3Bb@c", "sip:a;b@c"));
}

TEST(TelUri, ComparesNumbersWithoutVisualSeparators) {
  EXPECT_TRUE(equivalent("tel:+1-201-555-0123", "tel:+1(201)5550123"));
  EXPECT_FALSE(equivalent("tel:+12015550123", "tel:+12015550124"));
}

TEST(Params, SetKeepsPlaceAndSpelling) {
  auto uri = *Uri::parse("sip:a@b;LR;x=1");
  uri.params.set("lr", "on");
  uri.params.erase("X");
  EXPECT_EQ(uri.to_string(), "sip:a@b;LR=on");
}

}  // namespace
}  // namespace parley::sip
