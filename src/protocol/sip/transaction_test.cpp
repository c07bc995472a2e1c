// The four transaction machines against their timers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/sip/invite_client.hpp"
#include "protocol/sip/invite_server.hpp"
#include "protocol/sip/non_invite_client.hpp"
#include "protocol/sip/non_invite_server.hpp"

namespace parley::sip {
namespace {

using ::testing::ElementsAre;

Message request(const std::string& method) {
  return parse(method +
               " sip:bob@example.com SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKabc\r\n"
               "Max-Forwards: 70\r\n"
               "Route: <sip:proxy.example.com;lr>\r\n"
               "From: <sip:alice@example.com>;tag=a\r\n"
               "To: <sip:bob@example.com>\r\n"
               "Call-ID: 1\r\nCSeq: 7 " +
               method + "\r\nContent-Length: 0\r\n\r\n")
      .value();
}

Message response(const std::string& method, int status) { return make_response(request(method), status, "x", "b"); }

/// When what was sent until the machine ended, or only the peer can act.
template <class Machine>
std::vector<Duration> sends(Machine& machine, TimePoint start) {
  std::vector<Duration> at;
  TimePoint now = start;
  while (true) {
    while (auto output = machine.poll())
      if (std::holds_alternative<typename Machine::Send>(*output)) at.push_back(now - start);
    if (machine.ended() || machine.deadline() == TimePoint::max()) return at;
    now = machine.deadline();
    machine.advance(now);
  }
}

template <class Machine>
TransactionEnd how_it_ended(Machine& machine) {
  TransactionEnd reason{};
  while (auto output = machine.poll())
    if (auto* ended = std::get_if<typename Machine::Ended>(&*output)) reason = ended->reason;
  return reason;
}

const TimePoint start{};

TEST(InviteClient, ResendsAtDoublingIntervalsUntilTimerB) {
  InviteClient invite{request("INVITE"), false, Timers{}, start};

  EXPECT_THAT(sends(invite, start), ElementsAre(0ms, 500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms));
  EXPECT_TRUE(invite.ended());
}

TEST(InviteClient, SendsOnceWhereTheTransportRepeats) {
  InviteClient invite{request("INVITE"), true, Timers{}, start};

  EXPECT_THAT(sends(invite, start), ElementsAre(0ms));
  EXPECT_TRUE(invite.ended());
}

TEST(InviteClient, WaitsForEverOnceItRings) {
  InviteClient invite{request("INVITE"), false, Timers{}, start};
  invite.receive(response("INVITE", 180), start);

  EXPECT_EQ(invite.deadline(), TimePoint::max());
}

TEST(InviteClient, AcknowledgesARefusalEachTimeItComes) {
  InviteClient invite{request("INVITE"), false, Timers{}, start};
  while (invite.poll()) {
  }

  invite.receive(response("INVITE", 486), start);
  const auto first = invite.poll();
  ASSERT_TRUE(first && std::holds_alternative<InviteClient::Send>(*first));
  const auto ack = parse(std::get<InviteClient::Send>(*first).text);
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->method, "ACK");
  EXPECT_EQ(ack->cseq.number, 7u);
  EXPECT_EQ(ack->to.tag(), "b");
  EXPECT_EQ(ack->via.front().branch(), "z9hG4bKabc");
  EXPECT_EQ(ack->header("Route"), "<sip:proxy.example.com;lr>");
  while (invite.poll()) {
  }

  invite.receive(response("INVITE", 486), start + 1s);
  const auto second = invite.poll();
  EXPECT_TRUE(second && std::holds_alternative<InviteClient::Send>(*second));
  EXPECT_FALSE(invite.poll());
  EXPECT_EQ(invite.deadline(), start + 32s);
}

TEST(InviteClient, PassesOnEverySuccessUntilTimerM) {
  InviteClient invite{request("INVITE"), false, Timers{}, start};
  while (invite.poll()) {
  }

  for (int i = 0; i < 3; ++i) {
    invite.receive(response("INVITE", 200), start + i * 1s);
    const auto output = invite.poll();
    EXPECT_TRUE(output && std::holds_alternative<InviteClient::Deliver>(*output));
  }
  invite.receive(response("INVITE", 486), start + 4s);
  EXPECT_FALSE(invite.poll());

  EXPECT_EQ(invite.deadline(), start + 32s);
  invite.advance(start + 32s);
  EXPECT_EQ(how_it_ended(invite), TransactionEnd::finished);
}

TEST(NonInviteClient, ResendsEveryFourSecondsAtMostUntilTimerF) {
  NonInviteClient bye{request("BYE"), false, Timers{}, start};

  EXPECT_THAT(sends(bye, start),
              ElementsAre(0ms, 500ms, 1500ms, 3500ms, 7500ms, 11500ms, 15500ms, 19500ms, 23500ms, 27500ms, 31500ms));
}

TEST(NonInviteClient, SlowsDownAfterAProvisional) {
  NonInviteClient bye{request("BYE"), false, Timers{}, start};
  bye.receive(response("BYE", 100), start);

  EXPECT_THAT(sends(bye, start), ElementsAre(0ms, 500ms, 4500ms, 8500ms, 12500ms, 16500ms, 20500ms, 24500ms, 28500ms));
}

TEST(NonInviteClient, DeliversTheFinalResponseOnceAndAbsorbsItsCopies) {
  NonInviteClient bye{request("BYE"), false, Timers{}, start};
  while (bye.poll()) {
  }

  bye.receive(response("BYE", 200), start);
  EXPECT_TRUE(bye.poll());
  bye.receive(response("BYE", 200), start);
  EXPECT_FALSE(bye.poll());

  EXPECT_EQ(bye.deadline(), start + 5s);
  bye.advance(start + 5s);
  EXPECT_EQ(how_it_ended(bye), TransactionEnd::finished);
}

TEST(NonInviteClient, TellsThatItCouldNotBeSent) {
  NonInviteClient bye{request("BYE"), true, Timers{}, start};
  bye.transport_failed();

  EXPECT_EQ(how_it_ended(bye), TransactionEnd::transport);
}

TEST(InviteServer, RepeatsARefusalUntilItsAck) {
  InviteServer invite{false, Timers{}};
  invite.respond(486, "busy", start);

  EXPECT_THAT(sends(invite, start),
              ElementsAre(0ms, 500ms, 1500ms, 3500ms, 7500ms, 11500ms, 15500ms, 19500ms, 23500ms, 27500ms, 31500ms));
  EXPECT_TRUE(invite.ended());
}

TEST(InviteServer, IsQuietAfterTheAckUntilTimerI) {
  InviteServer invite{false, Timers{}};
  invite.respond(486, "busy", start);
  while (invite.poll()) {
  }

  invite.receive_ack(start + 100ms);
  invite.receive_invite();

  EXPECT_FALSE(invite.poll());
  EXPECT_EQ(invite.deadline(), start + 5100ms);
}

TEST(InviteServer, RepeatsItsLastProvisionalWhenAskedAgain) {
  InviteServer invite{false, Timers{}};
  invite.receive_invite();
  EXPECT_FALSE(invite.poll());
  invite.respond(100, "trying", start);
  invite.respond(180, "ringing", start);
  while (invite.poll()) {
  }

  invite.receive_invite();

  const auto again = invite.poll();
  ASSERT_TRUE(again);
  EXPECT_EQ(std::get<InviteServer::Send>(*again).text, "ringing");
}

TEST(InviteServer, SwallowsInvitesThatCrossItsSuccess) {
  InviteServer invite{false, Timers{}};
  invite.respond(200, "ok", start);
  while (invite.poll()) {
  }

  invite.receive_invite();
  invite.respond(500, "too late", start);

  EXPECT_FALSE(invite.poll());
  EXPECT_TRUE(invite.accepted());
  EXPECT_EQ(invite.deadline(), start + 32s);
}

TEST(NonInviteServer, RepeatsItsFinalResponseUntilTimerJ) {
  NonInviteServer bye{false, Timers{}};
  bye.receive_again();
  EXPECT_FALSE(bye.poll());
  bye.respond(200, "ok", start);
  EXPECT_TRUE(bye.poll());

  bye.receive_again();
  EXPECT_TRUE(bye.poll());

  EXPECT_EQ(bye.deadline(), start + 32s);
  bye.advance(start + 32s);
  EXPECT_EQ(how_it_ended(bye), TransactionEnd::finished);
}

TEST(NonInviteServer, IsOverWithItsResponseWhereTheTransportRepeats) {
  NonInviteServer bye{true, Timers{}};
  bye.respond(200, "ok", start);

  EXPECT_EQ(how_it_ended(bye), TransactionEnd::finished);
}

}  // namespace
}  // namespace parley::sip
