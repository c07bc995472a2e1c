#include "legs/sip/trace.hpp"

#include <gmock/gmock.h>

namespace parley::legs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TracedMessage message(std::string text, bool sent = false) {
  return {WallTime{} + 1s, sent, sip::Transport::udp, *Endpoint::parse("192.0.2.7:5060"), std::move(text)};
}

TEST(Trace, KeepsTheMessagesOfACallInOrder) {
  TraceStore store;
  store.add("sip-1", message("INVITE"));
  store.name("call-1", "sip-1");
  store.add("sip-1", message("SIP/2.0 200 OK", true));
  store.add("sip-2", message("BYE"));

  const auto messages = store.of_call("call-1");

  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].text, "INVITE");
  EXPECT_TRUE(messages[1].sent);
  EXPECT_TRUE(store.of_call("call-2").empty());
}

TEST(Trace, ForgetsTheOldestCallAndBoundsEachOne) {
  TraceStore store{{.calls = 2, .messages_per_call = 3, .bytes_per_call = 1'000}};
  for (const auto* id : {"a", "b", "c"}) {
    for (int i = 0; i < 5; ++i) store.add(id, message("x"));
    store.name(std::string{"call-"} + id, id);
  }
  store.add("c", message(std::string(2'000, 'y')));

  EXPECT_TRUE(store.of_call("call-a").empty());
  EXPECT_EQ(store.of_call("call-b").size(), 3u);
  EXPECT_EQ(store.of_call("call-c").size(), 3u);
}

TEST(Trace, BlanksCredentialsWhateverTheirSpelling) {
  const auto blanked = blank_credentials(
      "INVITE sip:a@b SIP/2.0\r\n"
      "AUTHORIZATION : Digest username=\"anna\",\r\n response=\"0123456789abcdef\"\r\n"
      "Proxy-Authorization: Digest response=\"fedcba\"\r\n"
      "Call-ID: c\r\n\r\nAuthorization: in a body stays\r\n");

  EXPECT_THAT(blanked, Not(HasSubstr("0123456789abcdef")));
  EXPECT_THAT(blanked, Not(HasSubstr("fedcba")));
  EXPECT_THAT(blanked, HasSubstr("Call-ID: c\r\n"));
  EXPECT_THAT(blanked, HasSubstr("Authorization: in a body stays"));
}

TEST(Trace, KeepsNoKeyOfADescription) {
  TraceStore store;
  store.add("sip-1",
            message("INVITE sip:a@b SIP/2.0\r\nCall-ID: sip-1\r\n\r\nv=0\r\n"
                    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20\r\n"
                    "a=sendrecv\r\n"));
  store.name("call-1", "sip-1");

  const auto text = store.of_call("call-1").at(0).text;
  EXPECT_THAT(text, Not(HasSubstr("d0Rmdm")));
  EXPECT_THAT(text, HasSubstr("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:(blanked)\r\na=sendrecv"));
}

TEST(Trace, WritesACaptureThatSaysWhoSentWhat) {
  const auto pcap = to_pcap({message("INVITE"), message("OK", true)}, *Endpoint::parse("192.0.2.1:5062"));

  ASSERT_EQ(pcap.size(), 24u + (16 + 28 + 6) + (16 + 28 + 2));
  EXPECT_EQ(pcap.substr(0, 4), "\xD4\xC3\xB2\xA1");
  EXPECT_EQ(static_cast<unsigned char>(pcap[20]), 101);
  const auto first = pcap.substr(40, 34), second = pcap.substr(24 + 50 + 16, 30);
  EXPECT_EQ(first.substr(12, 8), (std::string{"\xC0\x00\x02\x07\xC0\x00\x02\x01", 8}));   // from the peer to us
  EXPECT_EQ(second.substr(12, 8), (std::string{"\xC0\x00\x02\x01\xC0\x00\x02\x07", 8}));  // and back
  EXPECT_EQ(first.substr(28), "INVITE");
}

}  // namespace
}  // namespace parley::legs
