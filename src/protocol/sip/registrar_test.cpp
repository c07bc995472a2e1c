#include "protocol/sip/registrar.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::sip {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Flow home{Transport::udp, *Endpoint::parse("198.51.100.7:40000"), 0};

Flow connection(std::uint64_t reference, Transport transport = Transport::tcp) {
  return {transport, *Endpoint::parse("198.51.100.7:40001"), reference};
}

struct Sending {
  std::vector<std::string> contacts{"<sip:2001@192.168.1.5:5060>"};
  std::string expires = "300";
  std::uint32_t cseq = 1;
  std::string call_id = "telephone";
  std::string to = "2001", from = "2001";
  std::string more;  // headers
};

Message message(const Sending& sending) {
  std::string text = "REGISTER sip:pbx SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.5:5060;branch=z9hG4bK1\r\n" +
                     sending.more + "From: <sip:" + sending.from + "@pbx>;tag=a\r\nTo: <sip:" + sending.to +
                     "@pbx>\r\nCall-ID: " + sending.call_id + "\r\nCSeq: " + std::to_string(sending.cseq) +
                     " REGISTER\r\n";
  for (const auto& contact : sending.contacts) text += "Contact: " + contact + "\r\n";
  if (!sending.expires.empty()) text += "Expires: " + sending.expires + "\r\n";
  return *parse(text + "Content-Length: 0\r\n\r\n");
}

struct RegistrarTest : ::testing::Test {
  Registrar::Config config{
      .users = {"2001", "2002"}, .own = {*Endpoint::parse("203.0.113.1:5060")}, .bindings_per_user = 3, .bindings = 4};
  std::optional<Registrar> made;
  TimePoint now = TimePoint{} + 1h;

  Registrar& registrar() {
    if (!made) made.emplace(config);
    return *made;
  }
  Reply send(const Sending& sending, const Flow& from = home) {
    return registrar().receive(message(sending), from, sending.to, now);
  }
  std::vector<std::string> contacts(const std::string& user = "2001") {
    std::vector<std::string> all;
    for (const auto& binding : registrar().bindings(user)) all.push_back(binding.contact.to_string());
    return all;
  }
  static std::vector<std::string> values(const Reply& reply, std::string_view name) {
    std::vector<std::string> all;
    for (const auto& header : reply.headers)
      if (header.name == name) all.push_back(header.value);
    return all;
  }
};

TEST_F(RegistrarTest, ATelephoneIsReachedWhereItsRegisterCameFrom) {
  const auto reply = send({});

  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(values(reply, "Contact"), ElementsAre("<sip:2001@192.168.1.5:5060>;expires=300"));
  const auto bindings = registrar().bindings("2001");
  ASSERT_THAT(bindings, SizeIs(1));
  EXPECT_EQ(bindings[0].flow, home);
  const auto changed = registrar().poll();
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->user, "2001");
  EXPECT_EQ(changed->bindings, bindings);
}

TEST_F(RegistrarTest, SeveralTelephonesOfOneAgentAreKeptTheMostWantedFirst) {
  send({.contacts = {"<sip:2001@192.168.1.5>;q=0.5"}, .call_id = "desk"});
  send({.contacts = {"<sip:2001@192.168.1.6>"}, .call_id = "mobile"});
  send({.contacts = {"<sip:2001@192.168.1.7>;q=0.75"}, .call_id = "kitchen"});

  EXPECT_THAT(contacts(), ElementsAre("sip:2001@192.168.1.6", "sip:2001@192.168.1.7", "sip:2001@192.168.1.5"));
}

TEST_F(RegistrarTest, ARefreshMovesTheEndAndTheFlow) {
  send({});
  now += 200s;
  auto moved = home;
  moved.remote.port = 41'000;  // the NAT gave it another port

  send({.cseq = 2}, moved);

  EXPECT_EQ(registrar().bindings("2001").at(0).flow, moved);
  EXPECT_EQ(registrar().deadline(), now + 300s);
}

TEST_F(RegistrarTest, AskingWithoutAContactTellsWhatThereIs) {
  send({});
  now += 100s;

  const auto reply = send({.contacts = {}, .expires = "", .cseq = 2});

  EXPECT_THAT(values(reply, "Contact"), ElementsAre("<sip:2001@192.168.1.5:5060>;expires=200"));
}

TEST_F(RegistrarTest, ABindingEndsAtItsTime) {
  send({});
  while (registrar().poll()) {
  }
  EXPECT_EQ(registrar().deadline(), now + 300s);

  registrar().advance(now + 300s);

  EXPECT_THAT(contacts(), IsEmpty());
  EXPECT_EQ(registrar().deadline(), TimePoint::max());
  const auto changed = registrar().poll();
  ASSERT_TRUE(changed);
  EXPECT_THAT(changed->bindings, IsEmpty());
}

TEST_F(RegistrarTest, ExpiresZeroTakesOneTelephoneAway) {
  send({.contacts = {"<sip:2001@192.168.1.5>", "<sip:2001@192.168.1.6>"}});

  const auto reply = send({.contacts = {"<sip:2001@192.168.1.5>;expires=0"}, .cseq = 2});

  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(contacts(), ElementsAre("sip:2001@192.168.1.6"));
}

TEST_F(RegistrarTest, AStarTakesAllOfThemAway) {
  send({.contacts = {"<sip:2001@192.168.1.5>", "<sip:2001@192.168.1.6>"}});

  EXPECT_EQ(send({.contacts = {"*"}, .expires = "0", .cseq = 2}).status, 200);

  EXPECT_THAT(contacts(), IsEmpty());
  EXPECT_EQ(registrar().size(), 0u);
}

TEST_F(RegistrarTest, AStarWithAnythingElseIs400) {
  send({});

  EXPECT_EQ(send({.contacts = {"*"}, .expires = "300", .cseq = 2}).status, 400);
  EXPECT_EQ(send({.contacts = {"*"}, .expires = "", .cseq = 2}).status, 400);
  EXPECT_EQ(send({.contacts = {"*", "<sip:2001@192.168.1.6>"}, .expires = "0", .cseq = 2}).status, 400);

  EXPECT_THAT(contacts(), SizeIs(1));
}

TEST_F(RegistrarTest, TooShortIsToldTheShortest) {
  const auto reply = send({.expires = "30"});

  EXPECT_EQ(reply.status, 423);
  EXPECT_THAT(values(reply, "Min-Expires"), ElementsAre("60"));
  EXPECT_EQ(registrar().size(), 0u);
}

TEST_F(RegistrarTest, TooLongIsCutAndUnreadableIsTheDefault) {
  EXPECT_THAT(values(send({.expires = "4000000000"}), "Contact"), ElementsAre(HasSubstr("expires=3600")));
  EXPECT_THAT(values(send({.expires = "soon", .cseq = 2}), "Contact"), ElementsAre(HasSubstr("expires=300")));
}

TEST_F(RegistrarTest, AnOvertakenRequestChangesNothing) {
  send({.cseq = 5});
  const auto before = registrar().bindings("2001");
  now += 10s;

  EXPECT_EQ(send({.expires = "0", .cseq = 4}).status, 500);
  EXPECT_EQ(send({.contacts = {"*"}, .expires = "0", .cseq = 5}).status, 500);

  EXPECT_EQ(registrar().bindings("2001"), before);
}

TEST_F(RegistrarTest, ATelephoneThatStartedAnewCountsFromOneAgain) {
  send({.cseq = 500});

  EXPECT_EQ(send({.cseq = 1, .call_id = "after-the-power-cut"}).status, 200);

  EXPECT_THAT(contacts(), SizeIs(1));
}

TEST_F(RegistrarTest, OneBadContactAmongSeveralChangesNothing) {
  EXPECT_EQ(send({.contacts = {"<sip:2001@192.168.1.5>", "<tel:+15551234567>"}}).status, 400);
  EXPECT_EQ(send({.contacts = {"<sip:2001@192.168.1.5>", "<sip:2001@192.168.1.6>;expires=5"}}).status, 423);

  EXPECT_EQ(registrar().size(), 0u);
}

TEST_F(RegistrarTest, NobodyRegistersForAnother) {
  EXPECT_EQ(registrar().receive(message({.to = "2002", .from = "2001"}), home, "2001", now).status, 403);
  EXPECT_EQ(registrar().receive(message({.to = "2001", .from = "2002"}), home, "2001", now).status, 403);
  EXPECT_EQ(registrar().receive(message({.to = "2002", .from = "2002"}), home, "2001", now).status, 403);
}

TEST_F(RegistrarTest, WhoIsNoAgentHasNoTelephone) { EXPECT_EQ(send({.to = "3000", .from = "3000"}).status, 404); }

TEST_F(RegistrarTest, ForgedContactsAreRefused) {
  EXPECT_EQ(send({.contacts = {"<sip:2002@192.168.1.5>"}}).status, 403) << "of another agent";
  EXPECT_EQ(send({.contacts = {"<sip:2001@192.0.2.99>"}}).status, 403) << "of another machine";
  EXPECT_EQ(send({.contacts = {"<sip:2001@203.0.113.1:5060>"}}).status, 403) << "of this server";

  EXPECT_EQ(registrar().size(), 0u);
  EXPECT_EQ(send({.contacts = {"<sip:2001@198.51.100.7>"}}).status, 200) << "its own public address";
}

TEST_F(RegistrarTest, TelephonesOfOneAgentAreBounded) {
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(send({.contacts = {"<sip:" + std::to_string(i) + "@192.168.1.5>"}, .call_id = std::to_string(i)}).status,
              200);

  EXPECT_EQ(send({.call_id = "one-more"}).status, 403);

  EXPECT_EQ(registrar().size(), 3u);
  EXPECT_EQ(send({.contacts = {"<sip:0@192.168.1.5>"}, .cseq = 2, .call_id = "0"}).status, 200) << "a refresh is none";
}

TEST_F(RegistrarTest, TelephonesOfAllAgentsAreBounded) {
  for (int i = 0; i < 3; ++i)
    send({.contacts = {"<sip:" + std::to_string(i) + "@192.168.1.5>"}, .call_id = std::to_string(i)});
  const Sending other{.contacts = {"<sip:a@192.168.1.8>", "<sip:b@192.168.1.8>"}, .to = "2002", .from = "2002"};

  const auto reply = send(other);

  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(values(reply, "Retry-After"), SizeIs(1));
  EXPECT_EQ(registrar().size(), 3u);
}

TEST_F(RegistrarTest, OverlongContactsAndPathsAreRefused) {
  EXPECT_EQ(send({.contacts = {"<sip:2001@192.168.1.5;x=" + std::string(2'000, 'y') + ">"}}).status, 403);
  std::string path = "Path: <sip:p0@192.168.1.1;lr>";
  for (int i = 1; i < 9; ++i) path += ",<sip:p" + std::to_string(i) + "@192.168.1.1;lr>";
  EXPECT_EQ(send({.more = path + "\r\n"}).status, 403);
}

// ---- RFC 5626 and RFC 3327 ---------------------------------------------------------------------

const std::string supported = "Supported: path, outbound\r\n";
constexpr auto outbound = R"(<sip:2001@10.0.0.1;transport=ws;ob>;+sip.instance="<urn:uuid:1>";reg-id=)";

TEST_F(RegistrarTest, ANewFlowOfTheSameTelephoneTakesThePlaceOfTheOld) {
  send({.contacts = {std::string{outbound} + "1"}, .call_id = "a", .more = supported}, connection(7, Transport::wss));
  const std::string moved = R"(<sip:2001@10.0.0.2;transport=ws;ob>;+sip.instance="<urn:uuid:1>";reg-id=1)";

  const auto reply = send({.contacts = {moved}, .call_id = "b", .more = supported}, connection(8, Transport::wss));

  EXPECT_EQ(values(reply, "Require"), std::vector<std::string>{"outbound"});
  EXPECT_THAT(values(reply, "Flow-Timer"), SizeIs(1));
  EXPECT_THAT(values(reply, "Contact"),
              ElementsAre(R"(<sip:2001@10.0.0.2;transport=ws;ob>;expires=300;+sip.instance="<urn:uuid:1>";reg-id=1)"));
  EXPECT_EQ(registrar().bindings("2001").at(0).flow.connection, 8u);
  registrar().connection_lost(7);
  EXPECT_THAT(contacts(), SizeIs(1)) << "the old flow is nobody's any more";
}

TEST_F(RegistrarTest, TwoFlowsOfOneTelephoneLiveSideBySide) {
  send({.contacts = {std::string{outbound} + "1"}, .call_id = "a", .more = supported}, connection(7));
  send({.contacts = {std::string{outbound} + "2"}, .call_id = "b", .more = supported}, connection(8));

  EXPECT_THAT(contacts(), SizeIs(2));
}

TEST_F(RegistrarTest, OneRequestRegistersOneFlow) {
  EXPECT_EQ(send({.contacts = {std::string{outbound} + "1", std::string{outbound} + "2"}, .more = supported}).status,
            400);
}

TEST_F(RegistrarTest, AProxyThatKeepsNoFlowIsToldSo) {
  const std::string via = "Via: SIP/2.0/UDP 192.0.2.50;branch=z9hG4bK0\r\n";

  EXPECT_EQ(send({.contacts = {std::string{outbound} + "1"}, .more = via + supported}).status, 439);
}

TEST_F(RegistrarTest, ALostConnectionTakesItsTelephonesWithIt) {
  send({.contacts = {"<sip:2001@192.168.1.5>"}}, connection(7));
  send({.contacts = {"<sip:2001@192.168.1.6>"}, .call_id = "other"});
  while (registrar().poll()) {
  }

  registrar().connection_lost(7);

  EXPECT_THAT(contacts(), ElementsAre("sip:2001@192.168.1.6"));
  EXPECT_TRUE(registrar().poll());
  EXPECT_FALSE(registrar().poll());
}

TEST_F(RegistrarTest, AProxysConnectionIsNotItsTelephones) {
  const std::string path = "Path: <sip:edge.example.com;lr>\r\n";
  const auto reply = send({.more = path}, connection(7));

  registrar().connection_lost(7);

  EXPECT_THAT(contacts(), SizeIs(1));
  EXPECT_THAT(values(reply, "Path"), ElementsAre("<sip:edge.example.com;lr>"));
  EXPECT_THAT(registrar().bindings("2001").at(0).path, SizeIs(1));
}

TEST_F(RegistrarTest, BehindAProxyTheSourceIsTheProxys) {
  const std::string via = "Via: SIP/2.0/UDP 192.0.2.50;branch=z9hG4bK0\r\n";

  EXPECT_EQ(send({.contacts = {"<sip:2001@192.0.2.99>"}, .more = via}).status, 200);
}

}  // namespace
}  // namespace parley::sip
