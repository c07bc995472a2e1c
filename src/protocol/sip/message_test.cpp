#include "protocol/sip/message.hpp"
#include "protocol/sip/request_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::sip {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::string invite =
    "INVITE sip:bob@biloxi.example.com;transport=udp SIP/2.0\r\n"
    "v: SIP/2.0/UDP proxy.example.com;branch=z9hG4bK1 , SIP/2.0/TCP [2001:db8::1]:5062;branch=z9hG4bK0;rport\r\n"
    "Max-Forwards: 69\r\n"
    "f: \"Alice \\\"A\\\"\" <sip:alice@atlanta.example.com>;tag=1928301774\r\n"
    "t: Bob <sip:bob@biloxi.example.com>\r\n"
    "i: a84b4c76e66710\r\n"
    "cseq: 314159 INVITE\r\n"
    "m: <sip:alice@pc33.example.com>\r\n"
    "k: 100rel, timer\r\n"
    "Supported: replaces\r\n"
    "Subject: a\r\n  folded\r\n\tline\r\n"
    "l: 4\r\n"
    "\r\n"
    "v=0\nbehind";

std::string with(std::string_view find, std::string_view replacement) {
  std::string text = invite;
  const auto at = text.find(find);
  EXPECT_NE(at, std::string::npos) << find;
  return text.replace(at, find.size(), replacement);
}

ParseError error_of(std::string_view text) {
  const auto message = parse(text);
  EXPECT_FALSE(message) << text;
  return message ? ParseError{255} : message.error().error;
}

TEST(SipMessage, ReadsARequestWithCompactAndFoldedHeaders) {
  const auto message = parse(invite);

  ASSERT_TRUE(message);
  EXPECT_TRUE(message->is_request());
  EXPECT_EQ(message->method, "INVITE");
  EXPECT_EQ(message->request_uri.user, "bob");
  ASSERT_EQ(message->via.size(), 2u);
  EXPECT_EQ(message->via[0].branch(), "z9hG4bK1");
  EXPECT_EQ(message->via[1].host, "[2001:db8::1]");
  EXPECT_EQ(message->via[1].port, 5062);
  EXPECT_TRUE(message->via[1].params.has("rport"));
  EXPECT_EQ(message->max_forwards, 69u);
  EXPECT_EQ(message->from.display, "Alice \"A\"");
  EXPECT_EQ(message->from.tag(), "1928301774");
  EXPECT_EQ(message->to.display, "Bob");
  EXPECT_EQ(message->call_id, "a84b4c76e66710");
  EXPECT_EQ(message->cseq, (CSeq{314159, "INVITE"}));
  EXPECT_EQ(message->header("subject"), "a folded line");
  EXPECT_EQ(message->headers[0].name, "Contact");
  EXPECT_THAT(message->header_list("Supported"), ElementsAre("100rel", "timer", "replaces"));
  EXPECT_TRUE(message->has_token("Supported", "Timer"));
  EXPECT_FALSE(message->has_token("Require", "timer"));
}

TEST(SipMessage, IgnoresBytesBehindContentLengthInADatagram) { EXPECT_EQ(parse(invite)->body, "v=0\n"); }

TEST(SipMessage, TakesTheWholeRestWithoutContentLength) { EXPECT_EQ(parse(with("l: 4\r\n", ""))->body, "v=0\nbehind"); }

TEST(SipMessage, KeepsNulBytesInABody) {
  using namespace std::string_literals;
  EXPECT_EQ(parse(with("v=0\n", "\0\r\0\n"s))->body, "\0\r\0\n"s);
}

TEST(SipMessage, NamesTheDefect) {
  EXPECT_EQ(error_of(""), ParseError::truncated);
  EXPECT_EQ(error_of(with("l: 4", "l: 40")), ParseError::truncated);
  EXPECT_EQ(error_of(invite.substr(0, 300)), ParseError::truncated);
  EXPECT_EQ(error_of(std::string(70'000, 'x')), ParseError::too_large);
  EXPECT_EQ(error_of(with("INVITE sip", "INVITE  sip")), ParseError::bad_start_line);
  EXPECT_EQ(error_of(with("SIP/2.0\r\nv", "SIP/3.0\r\nv")), ParseError::bad_version);
  EXPECT_EQ(error_of(with("sip:bob@biloxi.example.com;", "<sip:bob@biloxi.example.com>;")), ParseError::bad_uri);
  EXPECT_EQ(error_of(with("Subject: a", "Subject a")), ParseError::bad_header);
  EXPECT_EQ(error_of(with("Bob <sip", "Bob, Jr. <sip")), ParseError::bad_address);
  EXPECT_EQ(error_of(with(" , SIP/2.0/TCP", " ,, SIP/2.0/TCP")), ParseError::bad_via);
  EXPECT_EQ(error_of(with("314159", "2147483648")), ParseError::bad_cseq);
  EXPECT_EQ(error_of(with("Forwards: 69", "Forwards: 256")), ParseError::bad_number);
  EXPECT_EQ(error_of(with("l: 4", "l: -4")), ParseError::bad_content_length);
  EXPECT_EQ(error_of(with("l: 4", "l: 4\r\nContent-Length: 4")), ParseError::duplicate_header);
  EXPECT_EQ(error_of(with("i: a84b4c76e66710\r\n", "")), ParseError::missing_header);
  EXPECT_EQ(error_of(with("314159 INVITE", "314159 BYE")), ParseError::method_mismatch);
  EXPECT_EQ(error_of(with("\\\"A\\\"\"", "\\\"A\\\"")), ParseError::unterminated_quote);
}

TEST(SipMessage, GivesBackWhatA400NeedsWhereItCan) {
  const auto bad_quote = parse(with("\\\"A\\\"\"", ""));
  ASSERT_TRUE(bad_quote.error().partial);
  EXPECT_EQ(bad_quote.error().partial->from.tag(), "1928301774");
  EXPECT_EQ(bad_quote.error().partial->via.size(), 2u);

  EXPECT_TRUE(parse(with("l: 4", "l: 40")).error().partial);
  EXPECT_TRUE(parse(with("i: a84b4c76e66710\r\n", "")).error().partial);
}

TEST(SipMessage, AnswersWithTheBrokenHeadersAsTheyCameAndWithoutTheMissingOnes) {
  const auto broken = parse(with("314159 INVITE", "many INVITE"));
  const auto text = make_response(broken.error(), *check(broken.error()), "ours").to_string();
  EXPECT_THAT(text, StartsWith("SIP/2.0 400 "));
  EXPECT_THAT(text, HasSubstr("\r\nCSeq: many INVITE\r\n"));
  EXPECT_THAT(text, HasSubstr(";tag=ours\r\n"));

  const auto anonymous = parse(with("i: a84b4c76e66710\r\n", ""));
  EXPECT_THAT(make_response(anonymous.error(), *check(anonymous.error()), "ours").to_string(),
              Not(HasSubstr("Call-ID")));
  EXPECT_FALSE(parse("INVITE sip:bob@example.com SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n").error().partial) << "no way back";
}

TEST(SipMessage, BoundsHeadersAndVias) {
  std::string headers;
  for (int i = 0; i < 300; ++i) headers += "X: y\r\n";
  std::string vias = "v: SIP/2.0/UDP a";
  for (int i = 0; i < 300; ++i) vias += ",SIP/2.0/UDP a";

  EXPECT_EQ(error_of(with("Subject", headers + "Subject")), ParseError::too_large);
  EXPECT_EQ(error_of(with("Subject", vias + "\r\nSubject")), ParseError::too_large);
}

TEST(SipMessage, WritesWhatItReads) {
  const auto message = parse(invite);
  EXPECT_EQ(*parse(message->to_string()), *message);
}

TEST(SipMessage, NeverLetsAValueStartAnotherHeader) {
  auto message = *parse(invite);
  message.add("X-Name", "evil\r\nRoute: <sip:attacker>");
  message.from.display = "a\r\nb";

  const auto again = parse(message.to_string());

  ASSERT_TRUE(again);
  EXPECT_FALSE(again->header("Route"));
  EXPECT_EQ(again->from.display, "a  b");
}

TEST(SipMessage, SetReplacesEveryHeaderOfAName) {
  auto message = *parse(invite);

  message.set("supported", "path");
  EXPECT_THAT(message.header_list("Supported"), ElementsAre("path"));
  message.remove("SUPPORTED");
  EXPECT_THAT(message.header_list("Supported"), IsEmpty());
}

TEST(SipMessage, ReadsResponses) {
  const std::string rest = invite.substr(invite.find("\r\n"));

  const auto plain = parse("SIP/2.0 180 Ringing" + rest);
  ASSERT_TRUE(plain);
  EXPECT_TRUE(plain->is_response());
  EXPECT_EQ(plain->status, 180);
  EXPECT_EQ(plain->reason, "Ringing");
  EXPECT_EQ(parse("sip/2.0 200" + rest)->status, 200);
  for (const auto* line : {"SIP/2.0 099 x", "SIP/2.0 700 x", "SIP/2.0 2000 x", "SIP/2.0 20 x", "SIP/2.0"})
    EXPECT_EQ(error_of(line + rest), ParseError::bad_start_line) << line;
}

TEST(SipMessage, AnswersARequestWithItsOwnIdentity) {
  const auto request = *parse(invite);

  const auto trying = make_response(request, 100, reason_phrase(100), "mine");
  const auto ringing = make_response(request, 180, reason_phrase(180), "mine");

  EXPECT_EQ(trying.to.tag(), "");
  EXPECT_EQ(ringing.to.tag(), "mine");
  EXPECT_EQ(ringing.via, request.via);
  EXPECT_EQ(ringing.cseq, request.cseq);
  EXPECT_EQ(*parse(ringing.to_string()), ringing);
  EXPECT_EQ(reason_phrase(488), "Not Acceptable Here");
  EXPECT_EQ(reason_phrase(499), "");
}

TEST(StreamSplitter, CutsMessagesWhereverTheBytesWereCut) {
  const std::string one = invite.substr(0, invite.find("behind"));
  const std::string stream = one + "\r\n\r\n" + one + "\r\n" + one;

  for (std::size_t step : {std::size_t{1}, std::size_t{7}, stream.size()}) {
    StreamSplitter splitter;
    std::vector<std::string> cut;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      splitter.receive(std::string_view{stream}.substr(at, step));
      while (auto message = splitter.poll()) cut.push_back(std::move(*message));
    }
    if (step == 1) {  // a lone CRLF is handed out before anybody can know that it is the first half
      EXPECT_THAT(cut, ElementsAre(one, "\r\n", "\r\n", one, "\r\n", one));
    } else {
      EXPECT_EQ(cut.front(), one);
      EXPECT_EQ(cut.back(), one);
    }
    EXPECT_FALSE(splitter.failed());
  }
}

TEST(StreamSplitter, GivesUpWithoutOneGoodContentLength) {
  const std::string one = invite.substr(0, invite.find("behind"));
  for (const auto* length : {"", "l: -1\r\n", "l: 4\r\nl: 4\r\n", "l: 70000\r\n"}) {
    auto text = one;
    text.replace(text.find("l: 4\r\n"), 6, length);
    StreamSplitter splitter;
    splitter.receive(text);
    EXPECT_FALSE(splitter.poll()) << length;
    EXPECT_TRUE(splitter.failed()) << length;
  }
}

TEST(StreamSplitter, GivesUpOnAHeadWithoutEnd) {
  StreamSplitter splitter{1000};
  for (int i = 0; i < 30 && !splitter.failed(); ++i) {
    splitter.receive(std::string(100, 'x'));
    EXPECT_FALSE(splitter.poll());
  }
  EXPECT_TRUE(splitter.failed());
}

}  // namespace
}  // namespace parley::sip
