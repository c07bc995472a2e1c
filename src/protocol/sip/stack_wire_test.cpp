// One stack against what others put on the wire, byte by byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/sip/stack_harness.hpp"

namespace parley::sip::test {
namespace {

using ::testing::HasSubstr;

/// A peer of hand-written messages at 203.0.113.7:5070.
struct Wire {
  explicit Wire(Config config = {}) : bob{network.add("bob", config)} {}

  std::vector<std::string> send(const std::string& text) {
    const std::size_t before = network.sent.size();
    network.inject(peer, bob, text);
    network.run_for(1ms);
    std::vector<std::string> answers;
    for (std::size_t i = before; i < network.sent.size(); ++i) answers.push_back(network.sent[i].text);
    return answers;
  }
  std::string last_sent() const { return network.sent.back().text; }

  Network network;
  Party& bob;
  Endpoint peer{IpAddress::v4(0xCB007107), 5070};
};

std::string sip_request(const std::string& method, const std::string& to_tag, int cseq, const std::string& branch,
                        const std::string& extra = "", const std::string& sdp = "") {
  return method + " sip:bob@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.7:5070;rport;branch=" + branch +
         "\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=alice\r\nTo: <sip:bob@example.com>" +
         (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: the-call\r\nCSeq: " + std::to_string(cseq) + " " +
         method + "\r\nContact: <sip:alice@203.0.113.7:5070>\r\n" + extra +
         (sdp.empty() ? "" : "Content-Type: application/sdp\r\n") + "Content-Length: " + std::to_string(sdp.size()) +
         "\r\n\r\n" + sdp;
}

std::string invite(const std::string& extra = "") {
  return sip_request("INVITE", "", 1, "z9hG4bKone", extra, std::string{an_offer});
}

std::string tag_of(const std::string& text) { return std::string{parse(text).value().to.tag()}; }

TEST(StackWire, AnswersARetransmittedInviteWithoutTellingTheUserAgain) {
  Wire wire;
  EXPECT_THAT(wire.send(invite()).at(0), HasSubstr("SIP/2.0 100"));

  EXPECT_THAT(wire.send(invite()).at(0), HasSubstr("SIP/2.0 100"));

  EXPECT_EQ(wire.bob.all<Stack::Incoming>().size(), 1u);
  EXPECT_EQ(wire.bob.stack.counters().retransmissions_received, 1u);
}

TEST(StackWire, MarksWhatItMakesWithItsWorker) {
  Wire wire;
  wire.send(invite());
  wire.bob.stack.ring(wire.bob.session(), 180, std::nullopt, false, wire.network.now);
  wire.network.flush();

  const std::string tag = tag_of(wire.last_sent());
  Message bye = parse(sip_request("BYE", tag, 2, "z9hG4bKtwo")).value();
  EXPECT_EQ(worker_of(bye), 1);
  EXPECT_EQ(worker_of(parse(invite()).value()), std::nullopt);

  wire.bob.stack.invite(call_to(wire.bob), wire.network.now);
  wire.network.flush();
  const Message ours = parse(wire.network.texts("INVITE ").back()).value();
  EXPECT_EQ(worker_of(make_response(ours, 200, "OK", "x")), 1);
}

TEST(StackWire, Answers481ToStrangersAndDropsStrayAcksAndResponses) {
  Wire wire;

  EXPECT_THAT(wire.send(sip_request("BYE", "w1.nobody", 2, "z9hG4bKa")).at(0), HasSubstr("SIP/2.0 481"));
  EXPECT_THAT(wire.send(sip_request("CANCEL", "", 1, "z9hG4bKb")).at(0), HasSubstr("SIP/2.0 481"));
  EXPECT_TRUE(wire.send(sip_request("ACK", "w1.nobody", 2, "z9hG4bKc")).empty());
  const Message ping = parse(sip_request("OPTIONS", "", 1, "z9hG4bKd")).value();
  EXPECT_TRUE(wire.send(make_response(ping, 200, "OK", "x").to_string()).empty());

  EXPECT_EQ(wire.bob.stack.counters().unknown_dialogs, 1u);
  EXPECT_EQ(wire.bob.stack.counters().stray_acks, 1u);
  EXPECT_EQ(wire.bob.stack.counters().stray_responses, 1u);
}

TEST(StackWire, AnswersOptionsWithWhatItCanDo) {
  Wire wire;

  const auto answer = wire.send(sip_request("OPTIONS", "", 1, "z9hG4bKa")).at(0);

  EXPECT_THAT(answer, HasSubstr("SIP/2.0 200"));
  EXPECT_THAT(answer, HasSubstr("Allow: INVITE"));
  EXPECT_THAT(answer, HasSubstr("Accept: application/sdp"));
  EXPECT_THAT(answer, HasSubstr("rport=5070"));
}

TEST(StackWire, RefusesWhatItDoesNotUnderstand) {
  Wire wire;

  const auto bad_extension = wire.send(invite("Require: telepathy\r\n")).at(0);
  EXPECT_THAT(bad_extension, HasSubstr("SIP/2.0 420"));
  EXPECT_THAT(bad_extension, HasSubstr("Unsupported: telepathy"));
  EXPECT_THAT(wire.send(sip_request("PUBLISH", "", 1, "z9hG4bKp")).at(0), HasSubstr("SIP/2.0 405"));
  EXPECT_THAT(wire.send(sip_request("DANCE", "", 1, "z9hG4bKq")).at(0), HasSubstr("SIP/2.0 501"));
  EXPECT_THAT(wire.send("INVITE sip:bob@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.7:5070;branch=z9hG4bKz\r\n"
                        "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
                        "Max-Forwards: many\r\n\r\n")
                  .at(0),
              HasSubstr("SIP/2.0 400"));
  EXPECT_EQ(wire.bob.stack.counters().parsed_bad, 1u);
}

TEST(StackWire, AnswersTheSameInviteOnASecondPathWith482) {
  Wire wire;
  wire.send(invite());

  const auto merged = wire.send(sip_request("INVITE", "", 1, "z9hG4bKother", "", std::string{an_offer})).at(0);

  EXPECT_THAT(merged, HasSubstr("SIP/2.0 482"));
}

TEST(StackWire, RefusesARequestOlderThanTheLast) {
  Wire wire;
  wire.send(invite());
  wire.bob.stack.answer(wire.bob.session(), std::string{an_answer}, wire.network.now);
  wire.network.flush();
  const std::string tag = tag_of(wire.last_sent());
  wire.send(sip_request("ACK", tag, 1, "z9hG4bKack"));

  EXPECT_THAT(wire.send(sip_request("INFO", tag, 9, "z9hG4bKi")).at(0), HasSubstr("SIP/2.0 200"));
  EXPECT_THAT(wire.send(sip_request("INFO", tag, 8, "z9hG4bKj")).at(0), HasSubstr("SIP/2.0 500"));
}

TEST(StackWire, CopiesRecordRouteAndFollowsItEvenThroughAStrictRouter) {
  Wire wire;
  wire.send(invite("Record-Route: <sip:203.0.113.7:5070>\r\nRecord-Route: <sip:198.51.100.2;lr>\r\n"));
  wire.bob.stack.answer(wire.bob.session(), std::string{an_answer}, wire.network.now);
  wire.network.flush();
  EXPECT_THAT(wire.last_sent(), HasSubstr("Record-Route: <sip:203.0.113.7:5070>"));
  wire.send(sip_request("ACK", tag_of(wire.last_sent()), 1, "z9hG4bKack"));

  wire.bob.stack.bye(wire.bob.session(), wire.network.now);
  wire.network.flush();

  const Message bye = parse(wire.last_sent()).value();
  EXPECT_EQ(bye.request_uri.to_string(), "sip:203.0.113.7:5070");
  const auto route = bye.header_list("Route");
  ASSERT_EQ(route.size(), 2u);
  EXPECT_EQ(route[0], "<sip:198.51.100.2;lr>");
  EXPECT_EQ(route[1], "<sip:alice@203.0.113.7:5070>");
  EXPECT_EQ(wire.network.sent.back().to, wire.peer);  // not to 198.51.100.2, which comes second
}

TEST(StackWire, HangsUpOnTheForkThatAnswersSecond) {
  Wire wire;
  InviteOptions options = call_to(wire.bob);
  options.target = uri("sip:alice@203.0.113.7:5070");
  wire.bob.stack.invite(std::move(options), wire.network.now);
  wire.network.flush();
  const Message sent = parse(wire.network.texts("INVITE ").back()).value();
  const auto answer_of = [&](int status, const std::string& tag) {
    Message answer = make_response(sent, status, "x", tag);
    answer.add("Contact", "<sip:" + tag + "@203.0.113.7:5070>");
    if (status >= 200) answer.add("Content-Type", "application/sdp"), answer.body = an_answer;
    return answer.to_string();
  };
  wire.send(answer_of(180, "desk"));
  wire.send(answer_of(180, "mobile"));

  wire.send(answer_of(200, "mobile"));
  const auto to_second = wire.send(answer_of(200, "desk"));

  EXPECT_EQ(wire.bob.all<Stack::Progress>().size(), 2u);
  EXPECT_EQ(wire.bob.all<Stack::Answered>().size(), 1u);
  ASSERT_EQ(to_second.size(), 2u);
  EXPECT_THAT(to_second[0], HasSubstr("ACK sip:desk@"));
  EXPECT_THAT(to_second[1], HasSubstr("BYE sip:desk@"));
  EXPECT_EQ(wire.bob.stack.counters().late_forks, 1u);
  EXPECT_EQ(wire.bob.stack.sessions(), 1u);

  EXPECT_THAT(wire.send(answer_of(200, "mobile")).at(0), HasSubstr("ACK sip:mobile@"));
}

TEST(StackWire, LeavesNothingBehindWhenAReinviteIsNeverAnsweredInTheEnd) {
  Wire wire;
  InviteOptions options = call_to(wire.bob);
  options.target = uri("sip:alice@203.0.113.7:5070");
  const SessionId session = wire.bob.stack.invite(std::move(options), wire.network.now);
  wire.network.flush();
  const auto answer = [&](std::string_view method, int status, const std::string& sdp = "") {
    const Message sent = parse(wire.network.texts(std::string{method} + " ").back()).value();
    Message response = make_response(sent, status, "x", "alice");
    response.add("Contact", "<sip:alice@203.0.113.7:5070>");
    if (!sdp.empty()) response.add("Content-Type", "application/sdp"), response.body = sdp;
    wire.send(response.to_string());
  };
  answer("INVITE", 200, std::string{an_answer});

  ASSERT_TRUE(wire.bob.stack.offer(session, std::string{an_offer}, wire.network.now));
  wire.network.flush();
  answer("INVITE", 183);
  wire.bob.stack.bye(session, wire.network.now);
  wire.network.flush();
  answer("BYE", 200);
  wire.network.run_for(65s);

  EXPECT_EQ(wire.bob.stack.sessions(), 0u);
  EXPECT_EQ(wire.bob.stack.transactions(), 0u);
}

TEST(StackWire, FollowsOnlySoManyForks) {
  Config config;
  config.limits.dialogs_per_invite = 3;
  Wire wire{config};
  InviteOptions options = call_to(wire.bob);
  options.target = uri("sip:alice@203.0.113.7:5070");
  wire.bob.stack.invite(std::move(options), wire.network.now);
  wire.network.flush();
  const Message sent = parse(wire.network.texts("INVITE ").back()).value();

  for (int i = 0; i < 10; ++i) wire.send(make_response(sent, 180, "Ringing", "fork" + std::to_string(i)).to_string());

  EXPECT_EQ(wire.bob.all<Stack::Progress>().size(), 3u);
}

TEST(StackWire, AnswersToWhereAPhoneBehindNatSentFrom) {
  Wire wire;
  std::string text = invite();
  text.replace(text.find("203.0.113.7:5070;rport"), 22, "10.0.0.5:5060;rport");
  text.replace(text.find("alice@203.0.113.7:5070"), 22, "alice@10.0.0.5");
  wire.send(text);
  EXPECT_THAT(wire.last_sent(), HasSubstr("received=203.0.113.7"));
  wire.bob.stack.answer(wire.bob.session(), std::string{an_answer}, wire.network.now);
  wire.network.flush();
  wire.send(sip_request("ACK", tag_of(wire.last_sent()), 1, "z9hG4bKack"));

  wire.bob.stack.bye(wire.bob.session(), wire.network.now);
  wire.network.flush();

  EXPECT_THAT(wire.last_sent(), HasSubstr("BYE sip:alice@10.0.0.5 SIP/2.0"));
  EXPECT_EQ(wire.network.sent.back().to, wire.peer);
}

TEST(StackWire, SendsWithoutRportToTheViasPort) {
  Wire wire;
  std::string text = sip_request("OPTIONS", "", 1, "z9hG4bKa");
  text.replace(text.find("203.0.113.7:5070;rport"), 22, "203.0.113.7:5099");

  wire.send(text);

  EXPECT_EQ(wire.network.sent.back().to.port, 5099);
}

TEST(StackWire, HandsOutMessagesAndAnswersThemInTheUsersName) {
  Wire wire;
  wire.send(sip_request("MESSAGE", "", 1, "z9hG4bKm"));
  const auto* asked = wire.bob.last<Stack::OutOfDialog>();
  ASSERT_NE(asked, nullptr);

  EXPECT_TRUE(wire.bob.stack.respond(asked->handle, {.status = 202}, wire.network.now));
  wire.network.flush();

  EXPECT_THAT(wire.last_sent(), HasSubstr("SIP/2.0 202 Accepted"));
  EXPECT_FALSE(wire.bob.stack.respond(asked->handle, {.status = 200}, wire.network.now));
}

TEST(StackWire, Answers500WhereTheUserDoesNot) {
  Wire wire;
  wire.send(sip_request("MESSAGE", "", 1, "z9hG4bKm"));

  wire.network.run_for(30s);

  EXPECT_THAT(wire.last_sent(), HasSubstr("SIP/2.0 500"));
  EXPECT_FALSE(wire.bob.stack.respond(wire.bob.last<Stack::OutOfDialog>()->handle, {.status = 200}, wire.network.now));
}

}  // namespace
}  // namespace parley::sip::test
