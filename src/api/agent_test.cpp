#include "api/api_test.hpp"

namespace parley::api {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class AgentTest : public ApiTest {
 protected:
  std::string log_in(std::string_view extension, std::string_view password) {
    return ask("POST", "/api/v1/sessions", "Content-Type: application/json\r\n",
               R"({"extension":")" + std::string{extension} + R"(","password":")" + std::string{password} + "\"}");
  }
  std::string bearer(const std::string& log_in) {
    return "Authorization: Bearer " + body_of(log_in)["token"].get<std::string>() + "\r\n";
  }
  std::string put_presence(const std::string& extension, std::string_view body, const std::string& credentials) {
    return ask("PUT", "/api/v1/agents/" + extension + "/presence", credentials + "Content-Type: application/json\r\n",
               body);
  }
};

TEST_F(AgentTest, ALogInBringsWhatThePagesTelephoneNeeds) {
  const auto answer = log_in("2001", "secret");

  ASSERT_THAT(answer, StartsWith("HTTP/1.1 201"));
  const auto body = body_of(answer);
  EXPECT_EQ(body["role"], "agent");
  EXPECT_EQ(body["user"].dump(), R"({"id":"2001","name":"Support"})");
  EXPECT_EQ(body["sip"]["uri"], "sip:2001@test");
  EXPECT_EQ(body["sip"]["password"], "lent");
  EXPECT_EQ(body["sip"]["ws_url"], "ws://test/sip");
  EXPECT_EQ(body["sip"]["expires_at"], body["expires_at"]);
  EXPECT_EQ(body_of(ask("GET", "/api/v1/sessions", bearer(answer)))["user"]["id"], "2001");
}

TEST_F(AgentTest, BehindATlsProxyTheTelephoneUsesTlsToo) {
  const auto answer =
      ask("POST", "/api/v1/sessions",
          "Content-Type: application/json\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.1\r\n",
          R"({"extension":"2001","password":"secret"})");

  EXPECT_EQ(body_of(answer)["sip"]["ws_url"], "wss://test/sip");
}

TEST_F(AgentTest, ASupervisorHasTheirOwnRole) { EXPECT_EQ(body_of(log_in("2002", "secret"))["role"], "supervisor"); }

TEST_F(AgentTest, FiveWrongPasswordsAreEnough) {
  for (int i = 0; i < 5; ++i) EXPECT_THAT(log_in("2001", "guess"), StartsWith("HTTP/1.1 401"));

  EXPECT_THAT(log_in("2001", "secret"), AllOf(StartsWith("HTTP/1.1 429"), HasSubstr("Retry-After")));
  EXPECT_THAT(backend_.asked, IsEmpty());
}

TEST_F(AgentTest, WrongPasswordsOfTelephonesCountToo) {
  EXPECT_THAT(log_in("2009", "secret"), AllOf(StartsWith("HTTP/1.1 429"), HasSubstr("Retry-After: 60")));
}

TEST_F(AgentTest, LoggingOutTakesTheLentPasswordBack) {
  const auto credentials = bearer(log_in("2001", "secret"));

  EXPECT_THAT(ask("DELETE", "/api/v1/sessions", credentials), StartsWith("HTTP/1.1 204"));

  EXPECT_THAT(backend_.asked, Contains("revoke"));
  EXPECT_THAT(ask("GET", "/api/v1/agents", credentials), StartsWith("HTTP/1.1 401"));
}

TEST_F(AgentTest, AgentsAreSeenByEachOtherAndByWhoReadsEverything) {
  EXPECT_THAT(ask("GET", "/api/v1/agents", bearer(log_in("2001", "secret"))), HasSubstr(R"({"agents":[]})"));
  EXPECT_THAT(ask("GET", "/api/v1/agents", std::string{"Authorization: Bearer "} + monitor_key + "\r\n"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("GET", "/api/v1/agents", ""), StartsWith("HTTP/1.1 401"));
}

TEST_F(AgentTest, AnAgentSetsTheirOwnPresenceAndASupervisorAnyones) {
  const auto agent = bearer(log_in("2001", "secret"));
  const auto supervisor = bearer(log_in("2002", "secret"));

  EXPECT_THAT(put_presence("2001", R"({"presence":"away"})", agent), StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(put_presence("2002", R"({"presence":"away"})", agent), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(put_presence("2001", R"({"presence":"available"})", supervisor), StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(put_presence("9999", R"({"presence":"away"})", supervisor), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(put_presence("2001", R"({"presence":7})", agent), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(backend_.asked, Contains("2001 is away"));
}

TEST_F(AgentTest, AnAgentReadsTheirOwnCallsOnly) {
  const auto agent = bearer(log_in("2001", "secret"));

  EXPECT_THAT(ask("GET", "/api/v1/calls/c1", agent), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("GET", "/api/v1/calls/c2", agent), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(ask("GET", "/api/v1/calls", agent), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(ask("DELETE", "/api/v1/calls/c1", agent), StartsWith("HTTP/1.1 403"));
}

}  // namespace
}  // namespace parley::api
