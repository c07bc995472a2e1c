#include "legs/sip/admission.hpp"

#include <gmock/gmock.h>

#include "protocol/sip/digest.hpp"

namespace parley::legs {
namespace {

constexpr std::string_view realm = "parley";

sip::Message invite(const std::string& to, const std::string& from) {
  const std::string text = "INVITE sip:" + to +
                           "@127.0.0.1 SIP/2.0\r\n"
                           "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1\r\n"
                           "From: <sip:" +
                           from + "@example.com>;tag=a\r\nTo: <sip:" + to +
                           "@127.0.0.1>\r\n"
                           "Call-ID: c1\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
  return *sip::parse(text);
}

class AdmissionTest : public ::testing::Test {
 protected:
  AdmissionTest() {
    config.routes = {
        {.to = "1000", .target = {.assistant = "reception"}, .open = true},
        {.to = "2000", .target = {.assistant = "reception"}},
        {.to = "2001", .target = {.kind = call::RouteTarget::Kind::extension, .extension = "2001"}, .open = true}};
    config.trunks = {{"pbx", {*IpAddress::parse("192.0.2.99")}}};
    config.digest.realm = realm;
    config.digest.secret = "nonces are signed with this";
  }

  std::variant<Admitted, sip::Reply> judge(const sip::Message& message, const char* address = "192.0.2.7") {
    if (!admission) admission.emplace(config, accounts, lockout);
    return admission->judge(message, {sip::Transport::udp, {*IpAddress::parse(address), 5060}, 0}, now);
  }
  int status(const std::variant<Admitted, sip::Reply>& verdict) {
    const auto* reply = std::get_if<sip::Reply>(&verdict);
    return reply ? reply->status : 0;
  }
  /// As a telephone would: sends, is challenged, sends again.
  std::variant<Admitted, sip::Reply> authenticate(const std::string& user, const std::string& password,
                                                  const std::string& from, const char* address = "192.0.2.7",
                                                  const std::string& to = "2000") {
    auto request = invite(to, from);
    auto verdict = judge(request, address);
    if (status(verdict) != 401) return verdict;
    auto challenge = sip::make_response(request, 401, "Unauthorized", "t");
    challenge.headers = std::get<sip::Reply>(verdict).headers;
    sip::digest::Client client{{user, password}, Random::seeded(5)};
    EXPECT_TRUE(client.challenged(request, challenge));
    client.authorize(request);
    return judge(request, address);
  }

  static Accounts::Permanent people() {
    auto support = Account::make("2001", realm, "secret");
    support.agent = true;
    return {{"anna", Account::make("anna", realm, "secret")}, {"2001", support}};
  }

  Admission::Config config;
  Accounts accounts{std::string{realm}, people()};
  SharedLockout lockout;
  call::Directory directory{
      {{"2001", "Support", {}, false}}, [](auto work) { work(); }, [] { return WallTime{}; }, nullptr};
  std::optional<Admission> admission;
  TimePoint now = TimePoint{} + 1h;
};

TEST_F(AdmissionTest, AnOpenRouteTakesAnyNeighbour) {
  const auto verdict = judge(invite("1000", "anna"));

  const auto* admitted = std::get_if<Admitted>(&verdict);
  ASSERT_TRUE(admitted);
  EXPECT_EQ(admitted->target.assistant, "reception");
  EXPECT_EQ(admitted->from, "sip:anna@example.com");
  EXPECT_EQ(admitted->to, "1000");
  EXPECT_EQ(admitted->identity.level, call::IdentityLevel::claimed);
}

TEST_F(AdmissionTest, AnOpenRouteTakesNoWebSocketThatAProxyPassedOn) {
  Admission own{config, accounts, lockout};
  sip::Flow from{sip::Transport::ws, {IpAddress::loopback(), 5060}, 7};
  EXPECT_EQ(status(own.judge(invite("1000", "anna"), from, now)), 0);

  from.proxied = true;

  EXPECT_EQ(status(own.judge(invite("1000", "anna"), from, now)), 403);
}

TEST_F(AdmissionTest, AWebSocketIsNoTrunkWhereverItComesFrom) {
  Admission own{config, accounts, lockout};
  const Endpoint pbx{*IpAddress::parse("192.0.2.99"), 5060};

  EXPECT_EQ(status(own.judge(invite("2000", "anna"), {sip::Transport::tls, pbx, 7}, now)), 0);
  EXPECT_EQ(status(own.judge(invite("2000", "anna"), {sip::Transport::wss, pbx, 8}, now)), 401);
}

TEST_F(AdmissionTest, AnUnknownExtensionIs404) { EXPECT_EQ(status(judge(invite("4711", "anna"))), 404); }

TEST_F(AdmissionTest, AnAgentWithoutATelephoneIs480) {
  config.directory = &directory;
  EXPECT_EQ(status(judge(invite("2001", "anna"))), 480);

  call::AgentContact telephone;
  telephone.uri = "sip:2001@192.0.2.8";
  directory.set_contacts("2001", {telephone});

  const auto verdict = judge(invite("2001", "anna"));
  ASSERT_TRUE(std::holds_alternative<Admitted>(verdict));
  EXPECT_EQ(std::get<Admitted>(verdict).target.extension, "2001");
}

TEST_F(AdmissionTest, NobodySpeaksInAnAgentsNameWithoutThePasswordEvenWhereAnyoneMayCall) {
  EXPECT_EQ(status(judge(invite("1000", "2001"))), 401);
  EXPECT_EQ(status(judge(invite("1000", "2001"), "192.0.2.99")), 0) << "a trunk's numbers may look alike";
}

TEST_F(AdmissionTest, OurOwnPeopleCallTheOutsideWhenTheyHaveProvenWhoTheyAre) {
  const auto permit = std::make_shared<int>(1);
  config.outside = [&](const std::string& caller,
                       const std::string& to) -> std::variant<std::shared_ptr<const void>, sip::Reply> {
    EXPECT_EQ(caller, "2001");
    if (to == "0900") return sip::Reply{.status = 403};
    return permit;
  };

  EXPECT_EQ(status(judge(invite("030123", "2001"))), 401);
  EXPECT_EQ(status(judge(invite("030123", "stranger"))), 404);
  EXPECT_EQ(status(judge(invite("030123", "2001"), "192.0.2.99")), 404) << "a trunk's calls go nowhere else";
  const auto verdict = authenticate("2001", "secret", "2001", "192.0.2.7", "030123");
  ASSERT_TRUE(std::holds_alternative<Admitted>(verdict));
  const auto& admitted = std::get<Admitted>(verdict);
  EXPECT_EQ(admitted.target.kind, call::RouteTarget::Kind::outside);
  EXPECT_EQ(admitted.target.extension, "030123");
  EXPECT_EQ(admitted.permit, permit);
  EXPECT_EQ(status(authenticate("2001", "secret", "2001", "192.0.2.7", "0900")), 403);
}

TEST_F(AdmissionTest, WhatIsLentToADeskProvesItsAgentUntilItEnds) {
  accounts.lend("2001", "lent", "session", now + 1h);

  EXPECT_EQ(status(authenticate("2001", "lent", "2001")), 0);
  EXPECT_EQ(status(authenticate("2001", "secret", "2001")), 0) << "the telephone on the table stays";

  now += 61min;
  EXPECT_EQ(status(authenticate("2001", "lent", "2001")), 401);
}

TEST_F(AdmissionTest, WhoLogsOutTakesTheLentPasswordAlong) {
  accounts.lend("2001", "lent", "session", now + 1h);

  accounts.revoke("session");

  EXPECT_EQ(status(authenticate("2001", "lent", "2001")), 401);
}

TEST_F(AdmissionTest, TheOldestOfManyDesksGivesWay) {
  for (int i = 0; i < 9; ++i) accounts.lend("2001", "lent" + std::to_string(i), std::to_string(i), now + 1h);

  EXPECT_EQ(status(authenticate("2001", "lent8", "2001")), 0);
  EXPECT_EQ(status(authenticate("2001", "lent0", "2001")), 401);
}

TEST_F(AdmissionTest, AnOpenRouteTakesNoProxiedCall) {
  auto proxied = invite("1000", "anna");
  proxied.via.push_back(proxied.via.front());

  EXPECT_EQ(status(judge(proxied)), 403);
  EXPECT_EQ(status(judge(proxied, "192.0.2.99")), 0) << "but a trunk's calls come through a proxy";
}

TEST_F(AdmissionTest, TheRightPasswordProvesTheCaller) {
  const auto verdict = authenticate("anna", "secret", "anna");

  const auto* admitted = std::get_if<Admitted>(&verdict);
  ASSERT_TRUE(admitted);
  EXPECT_EQ(admitted->identity.level, call::IdentityLevel::verified);
}

TEST_F(AdmissionTest, ChallengesNameTheStrongAlgorithmFirst) {
  const auto verdict = judge(invite("2000", "anna"));

  const auto& headers = std::get<sip::Reply>(verdict).headers;
  ASSERT_EQ(headers.size(), 2u);
  EXPECT_THAT(headers[0].value, ::testing::HasSubstr("SHA-256"));
  EXPECT_THAT(headers[1].value, ::testing::HasSubstr("MD5"));
}

TEST_F(AdmissionTest, OldTelephonesAreOfferedMd5AloneWhereItIsConfigured) {
  config.md5_only = true;

  const auto verdict = judge(invite("2000", "anna"));

  const auto& headers = std::get<sip::Reply>(verdict).headers;
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_THAT(headers[0].value, ::testing::HasSubstr("MD5"));
  EXPECT_EQ(status(authenticate("anna", "secret", "anna")), 0);
}

TEST_F(AdmissionTest, NobodySpeaksInAnothersName) { EXPECT_EQ(status(authenticate("anna", "secret", "bob")), 403); }

TEST_F(AdmissionTest, FiveWrongPasswordsLockTheAddressForAWhile) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(status(authenticate("anna", "guess", "anna")), 401) << i;

  const auto locked = authenticate("anna", "secret", "anna");
  EXPECT_EQ(status(locked), 403);
  EXPECT_EQ(std::get<sip::Reply>(locked).headers.front().name, "Retry-After");

  now += 16min;
  EXPECT_EQ(status(authenticate("anna", "secret", "anna")), 0);
}

TEST_F(AdmissionTest, GuessesFromManyAddressesLockTheUser) {
  const std::array<const char*, 5> addresses{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"};
  for (const auto* address : addresses) (void)authenticate("anna", "guess", "anna", address);

  EXPECT_EQ(status(authenticate("anna", "secret", "anna", "192.0.2.6")), 403);
}

TEST_F(AdmissionTest, ATrunkIsKnownByItsAddress) {
  const auto verdict = judge(invite("2000", "+4930123"), "192.0.2.99");

  const auto* admitted = std::get_if<Admitted>(&verdict);
  ASSERT_TRUE(admitted);
  EXPECT_EQ(admitted->identity.level, call::IdentityLevel::claimed) << "From says what it likes, also behind a trunk";
}

TEST_F(AdmissionTest, WhomATrustedTrunkAssertsIsTheCaller) {
  auto request = invite("2000", "anonymous");
  request.add("P-Asserted-Identity", "\"Anna\" <sip:+4930123@pbx.example.com>, <tel:+4930123>");
  const auto verdict = judge(request, "192.0.2.99");

  const auto* admitted = std::get_if<Admitted>(&verdict);
  ASSERT_TRUE(admitted);
  EXPECT_EQ(admitted->from, "sip:+4930123@pbx.example.com");
  EXPECT_EQ(admitted->identity.level, call::IdentityLevel::network);
}

TEST_F(AdmissionTest, WhatStrangersAndOtherTrunksAssertIsIgnored) {
  config.trunks.push_back({"carrier", {*IpAddress::parse("192.0.2.98")}, false});
  auto request = invite("1000", "anna");
  request.add("P-Asserted-Identity", "<sip:boss@pbx.example.com>");

  for (const char* address : {"192.0.2.7", "192.0.2.98"}) {
    const auto verdict = judge(request, address);
    ASSERT_TRUE(std::holds_alternative<Admitted>(verdict));
    EXPECT_EQ(std::get<Admitted>(verdict).from, "sip:anna@example.com");
    EXPECT_EQ(std::get<Admitted>(verdict).identity.level, call::IdentityLevel::claimed);
  }
}

TEST_F(AdmissionTest, HeadersOfATrunkAreTheCallsContextWithinBounds) {
  auto request = invite("2000", "+4930123");
  request.add("X-Order", "4711");
  request.add("X-Long", std::string(600, 'x'));
  request.add("Subject", "not ours");
  for (int i = 0; i < 30; ++i) request.add("X-" + std::to_string(i), "v");

  const auto verdict = judge(request, "192.0.2.99");
  const auto& context = std::get<Admitted>(verdict).context;

  EXPECT_EQ(context.size(), 16u);
  EXPECT_EQ(context.front(), (std::pair<std::string, std::string>{"X-Order", "4711"}));
  request.request_uri.user = "1000";
  const auto stranger = judge(request, "192.0.2.7");
  EXPECT_TRUE(std::get<Admitted>(stranger).context.empty());
}

}  // namespace
}  // namespace parley::legs
