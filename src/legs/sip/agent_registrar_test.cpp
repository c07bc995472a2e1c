#include "legs/sip/agent_registrar.hpp"

#include <gmock/gmock.h>

namespace parley::legs {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view realm = "parley";

class AgentRegistrarTest : public ::testing::Test {
 protected:
  static Accounts::Permanent people() {
    return {{"2001", Account::make("2001", realm, "secret")}, {"2002", Account::make("2002", realm, "secret2")}};
  }
  static AgentRegistrar::Config config() {
    AgentRegistrar::Config config;
    config.bindings.users = {"2001", "2002"};
    config.digest.realm = realm;
    config.digest.secret = "nonces are signed with this";
    config.rate = {.burst = 40, .per_second = 1};
    return config;
  }
  static sip::Flow from(const char* address, std::uint64_t connection = 0) {
    return {connection ? sip::Transport::tcp : sip::Transport::udp, {*IpAddress::parse(address), 5062}, connection};
  }
  sip::Message message(const std::string& user, const std::string& contact) {
    return *sip::parse(
        "REGISTER sip:parley SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bK1\r\nFrom: <sip:" + user +
        "@parley>;tag=a\r\nTo: <sip:" + user + "@parley>\r\nCall-ID: c" + std::to_string(++calls) +
        "\r\nCSeq: 1 REGISTER\r\nContact: <sip:" + contact + ">\r\nExpires: 300\r\nContent-Length: 0\r\n\r\n");
  }
  /// As a telephone does: sends, is challenged, sends again.
  int send(const std::string& user, const std::string& password, const sip::Flow& flow,
           const std::string& contact = "me@192.0.2.7") {
    auto request = message(user, contact);
    auto reply = registrar.receive(request, flow, now);
    if (reply.status != 401) return reply.status;
    auto challenge = sip::make_response(request, 401, "Unauthorized", "t");
    challenge.headers = reply.headers;
    sip::digest::Client client{{user, password}, Random::seeded(5)};
    if (!client.challenged(request, challenge)) return 0;
    client.authorize(request);
    return registrar.receive(request, flow, now).status;
  }
  std::vector<call::AgentContact> telephones() { return directory.find("2001")->contacts; }

  int calls = 0;
  TimePoint now = TimePoint{} + 1h;
  Accounts accounts{std::string{realm}, people()};
  SharedLockout lockout;
  call::Directory directory{
      {{"2001", "Support", {}, false}}, [](auto work) { work(); }, [] { return WallTime{}; }, nullptr};
  AgentRegistrar registrar{config(), accounts, lockout, directory};
};

TEST_F(AgentRegistrarTest, AnAgentWhoRegistersIsAvailable) {
  const auto flow = from("192.0.2.7");

  EXPECT_EQ(send("2001", "secret", flow), 200);

  EXPECT_TRUE(directory.find("2001")->available());
  ASSERT_THAT(telephones(), SizeIs(1));
  EXPECT_EQ(telephones()[0].uri, "sip:me@192.0.2.7");
  EXPECT_EQ(flow_of(telephones()[0]), flow);
  EXPECT_EQ(registrar.counters().registered, 1u);
  EXPECT_EQ(registrar.counters().challenged, 1u);
}

TEST_F(AgentRegistrarTest, FiveWrongPasswordsLockTheAddressThatTriedThem) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send("2001", "guess", from("192.0.2.7")), 401);

  EXPECT_EQ(send("2001", "secret", from("192.0.2.7")), 403);
  EXPECT_THAT(telephones(), IsEmpty());
  now += 16min;
  EXPECT_EQ(send("2001", "secret", from("192.0.2.7")), 200);
}

TEST_F(AgentRegistrarTest, AFloodIsSlowedDownAndOthersAreNot) {
  int refused = 0;
  for (int i = 0; i < 1'000; ++i)
    refused += registrar.receive(message("2001", "me@192.0.2.7"), from("192.0.2.9"), now).status == 503;

  EXPECT_EQ(refused, 960);
  EXPECT_EQ(registrar.counters().too_fast, 960u);
  EXPECT_EQ(send("2001", "secret", from("192.0.2.7")), 200);
}

TEST_F(AgentRegistrarTest, AForgedContactChangesNothing) {
  EXPECT_EQ(send("2001", "secret", from("192.0.2.7"), "2002@192.0.2.7"), 403);
  EXPECT_EQ(send("2001", "secret", from("192.0.2.7"), "me@198.51.100.1"), 403);

  EXPECT_THAT(telephones(), IsEmpty());
}

TEST_F(AgentRegistrarTest, ALostConnectionMakesTheAgentOffline) {
  send("2001", "secret", from("192.0.2.7", 9));

  registrar.connection_lost(9);

  EXPECT_EQ(directory.find("2001")->presence, call::Presence::offline);
}

TEST_F(AgentRegistrarTest, ARegistrationThatIsNotRefreshedEnds) {
  send("2001", "secret", from("192.0.2.7"));
  EXPECT_EQ(registrar.deadline(), now + 300s);

  registrar.advance(now + 300s);

  EXPECT_EQ(directory.find("2001")->presence, call::Presence::offline);
  EXPECT_EQ(registrar.deadline(), TimePoint::max());
}

TEST_F(AgentRegistrarTest, AWebSocketIsChallengedWithMd5Only) {
  auto flow = from("192.0.2.7", 9);
  flow.transport = sip::Transport::wss;

  const auto reply = registrar.receive(message("2001", "me@x.invalid"), flow, now);

  ASSERT_THAT(reply.headers, SizeIs(1));
  EXPECT_THAT(reply.headers[0].value, ::testing::HasSubstr("MD5"));
}

TEST_F(AgentRegistrarTest, AReplayedRegisterIsWorthNothing) {
  auto request = message("2001", "me@192.0.2.7");
  auto challenge = sip::make_response(request, 401, "Unauthorized", "t");
  challenge.headers = registrar.receive(request, from("192.0.2.7"), now).headers;
  sip::digest::Client client{{"2001", "secret"}, Random::seeded(5)};
  ASSERT_TRUE(client.challenged(request, challenge));
  client.authorize(request);
  ASSERT_EQ(registrar.receive(request, from("192.0.2.7"), now).status, 200);

  request.call_id = "another";
  EXPECT_EQ(registrar.receive(request, from("192.0.2.66"), now).status, 401);

  EXPECT_THAT(telephones(), SizeIs(1));
}

}  // namespace
}  // namespace parley::legs
