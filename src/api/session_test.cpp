#include "api/api_test.hpp"

namespace parley::api {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class SessionTest : public ApiTest {
 protected:
  std::string log_in(std::string_view body, std::string_view headers = {}) {
    return ask("POST", "/api/v1/sessions", "Content-Type: application/json\r\n" + std::string{headers}, body);
  }
  static std::string cookie_of(const std::string& response) {
    const auto at = response.find("parley_session=");
    return "Cookie: a=b; " + response.substr(at, response.find(';', at) - at) + "\r\n";
  }
  static std::string bearer_of(std::string_view value) {
    return "Authorization: Bearer " + std::string{value} + "\r\n";
  }
  std::string bearer_of(const store::NewSession& wanted) {
    return bearer_of(sessions_.open(wanted, Clock::now(), {})->token);
  }
  const std::string monitor_ = bearer_of(std::string_view{monitor_key});
};

TEST_F(SessionTest, TradesTheTokenForACookieThatWritesOnlyFromItsOwnOrigin) {
  const auto login = ask("POST", "/api/v1/sessions", "Content-Type: application/json\r\n",
                         std::string{R"({"admin_token":")"} + token + "\"}");
  ASSERT_THAT(login, StartsWith("HTTP/1.1 201"));
  EXPECT_THAT(login, HasSubstr("HttpOnly; SameSite=Strict"));
  const auto cookie = cookie_of(login);

  EXPECT_THAT(ask("GET", "/api/v1/calls", cookie), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(body_of(ask("GET", "/api/v1/sessions", cookie))["role"], "admin");
  EXPECT_THAT(ask("DELETE", "/api/v1/calls/c1", cookie), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(ask("DELETE", "/api/v1/calls/c1", cookie + "Origin: http://evil\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(ask("DELETE", "/api/v1/calls/c1", cookie + "Origin: http://test\r\n"), StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(ask("DELETE", "/api/v1/sessions", cookie), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(ask("DELETE", "/api/v1/sessions", cookie + "Origin: http://test\r\n"), StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(ask("GET", "/api/v1/calls", cookie), StartsWith("HTTP/1.1 401"));
  EXPECT_TRUE(body_of(ask("GET", "/api/v1/sessions", cookie))["role"].is_null());
}

TEST_F(SessionTest, GivesWhoHasThePinATokenAndACookie) {
  const auto answer = log_in(R"({"pin":"1234","user":"Anna"})");

  ASSERT_THAT(answer, StartsWith("HTTP/1.1 201"));
  const auto body = body_of(answer);
  EXPECT_EQ(body["user"].dump(), R"({"id":"01ANNA","name":"Anna"})");
  EXPECT_EQ(body["token"].get<std::string>().size(), 52U);
  EXPECT_NE(body["session_id"], body["token"]);
  EXPECT_THAT(body["expires_at"].get<std::string>(), testing::EndsWith("Z"));
  EXPECT_EQ(body.size(), 4U);
  for (const auto& credentials : {cookie_of(answer), bearer_of(body["token"].get<std::string>())}) {
    const auto session = body_of(ask("GET", "/api/v1/sessions", credentials));
    EXPECT_EQ(session["role"], "caller");
    EXPECT_EQ(session["user"]["name"], "Anna");
    EXPECT_TRUE(session["call_id"].is_null());
    EXPECT_EQ(session["ice_servers"].dump(), R"([{"urls":["stun:stun.example.com"]}])");
    EXPECT_THAT(ask("GET", "/api/v1/calls", credentials), StartsWith("HTTP/1.1 403"));
  }
}

TEST_F(SessionTest, SetsACookieThatScriptsAndOtherSitesNeverSee) {
  const auto plain = log_in(R"({"pin":"1234"})");
  const auto behind_tls = log_in(R"({"pin":"1234"})", "X-Forwarded-Proto: https\r\n");

  EXPECT_THAT(plain, AllOf(HasSubstr("; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200"), Not(HasSubstr("Secure"))));
  EXPECT_THAT(behind_tls, HasSubstr("; HttpOnly; SameSite=Strict; Secure; Max-Age=43200"));
  EXPECT_THAT(plain, HasSubstr("Cache-Control: no-store"));
}

TEST_F(SessionTest, LetsNobodyGuessMoreThanFiveTimes) {
  for (int i = 0; i < 5; ++i) EXPECT_THAT(log_in(R"({"pin":"0000"})"), StartsWith("HTTP/1.1 401")) << i;

  const auto answer = log_in(R"({"pin":"1234"})");

  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 429"), HasSubstr("Retry-After: 900\r\n")));
  EXPECT_THAT(backend_.asked, testing::SizeIs(5)) << "who has to wait costs no hashing";
  EXPECT_THAT(log_in(std::string{R"({"admin_token":")"} + token + "\"}"), StartsWith("HTTP/1.1 429"));
}

TEST_F(SessionTest, CountsForTheUserFromWhicheverAddress) {
  for (int i = 1; i <= 5; ++i)
    (void)log_in(R"({"pin":"0000","user":"Anna"})", "X-Forwarded-For: 192.0.2." + std::to_string(i) + "\r\n");

  EXPECT_THAT(log_in(R"({"pin":"1234","user":"ANNA"})", "X-Forwarded-For: 192.0.2.9\r\n"), StartsWith("HTTP/1.1 429"));
  EXPECT_THAT(log_in(R"({"pin":"1234"})", "X-Forwarded-For: 192.0.2.9\r\n"), StartsWith("HTTP/1.1 201"));
}

TEST_F(SessionTest, ARightPinDoesNotForgiveItsAddress) {
  for (int i = 0; i < 4; ++i) (void)log_in(R"({"pin":"0000"})");
  ASSERT_THAT(log_in(R"({"pin":"1234"})"), StartsWith("HTTP/1.1 201"));

  EXPECT_THAT(log_in(R"({"pin":"0000"})"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(log_in(R"({"pin":"0000"})"), StartsWith("HTTP/1.1 429"));
}

TEST_F(SessionTest, DoesNotCountWhatCouldNotBeChecked) {
  for (int i = 0; i < 6; ++i) EXPECT_THAT(log_in(R"({"pin":"5555"})"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(log_in(R"({"pin":"1234"})"), StartsWith("HTTP/1.1 201"));
}

TEST_F(SessionTest, TakesALogInFromItsOwnPagesOnly) {
  EXPECT_THAT(log_in(R"({"pin":"1234"})", "Origin: https://evil.example\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(log_in(R"({"pin":"1234"})", "Origin: http://test\r\n"), StartsWith("HTTP/1.1 201"));
}

TEST_F(SessionTest, RefusesWhatIsNoLogIn) {
  for (const char* body : {"{}", R"({"pin":1234})", R"({"pin":""})", R"({"pin":"1234","password":"x"})",
                           R"({"admin_token":"x","pin":"1234"})", R"({"extension":"2001"})", "[]", ""})
    EXPECT_THAT(log_in(body), StartsWith("HTTP/1.1 400")) << body;
  EXPECT_TRUE(backend_.asked.empty());
}

TEST_F(SessionTest, ReplacesTheSessionOfTheBrowserThatLogsInAgain) {
  const auto first = cookie_of(log_in(R"({"pin":"1234"})"));
  const auto second = cookie_of(log_in(R"({"pin":"1234"})", first + "Origin: http://test\r\n"));

  EXPECT_TRUE(body_of(ask("GET", "/api/v1/sessions", first))["role"].is_null());
  EXPECT_EQ(body_of(ask("GET", "/api/v1/sessions", second))["role"], "caller");
}

TEST_F(SessionTest, ShowsACallerTheirOwnCallAndNoOther) {
  const auto own = bearer_of({.user_id = "01ANNA", .call_id = "c1"});

  EXPECT_EQ(body_of(ask("GET", "/api/v1/sessions", own))["call_id"], "c1");
  EXPECT_THAT(ask("GET", "/api/v1/calls/c1", own), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("POST", "/api/v1/calls/c1/hold", own), StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(ask("POST", "/api/v1/calls/c1/transfer", own), StartsWith("HTTP/1.1 202"));
  EXPECT_EQ(backend_.asked.back(), "transfer to   by the caller");
  EXPECT_THAT(ask("DELETE", "/api/v1/calls/c1/transfer", own), StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(ask("DELETE", "/api/v1/calls/c1", own), StartsWith("HTTP/1.1 202"));
  for (const char* path : {"/api/v1/calls", "/api/v1/calls/c9", "/api/v1/calls/c1/recording", "/api/v1/calls/c1/sip"})
    EXPECT_THAT(ask("GET", path, own), StartsWith("HTTP/1.1 403")) << path;
  for (const char* path : {"/api/v1/calls", "/api/v1/calls/c9/hold", "/api/v1/calls/c1/say", "/api/v1/calls/c1/play",
                           "/api/v1/calls/c9/transfer", "/api/v1/calls/c1/legs", "/api/v1/calls/c1/handback"})
    EXPECT_THAT(ask("POST", path, own), StartsWith("HTTP/1.1 403")) << path;
}

TEST_F(SessionTest, LetsAMonitorReadAndNothingElse) {
  for (const char* path : {"/api/v1/calls", "/api/v1/calls/c1", "/api/v1/calls/c1/sip"})
    EXPECT_THAT(ask("GET", path, monitor_), StartsWith("HTTP/1.1 200")) << path;
  for (const char* path : {"/api/v1/calls", "/api/v1/calls/c1/say", "/api/v1/calls/c1/hold"})
    EXPECT_THAT(ask("POST", path, monitor_), StartsWith("HTTP/1.1 403")) << path;
  EXPECT_THAT(ask("DELETE", "/api/v1/calls/c1", monitor_), StartsWith("HTTP/1.1 403"));
  const auto session = body_of(ask("GET", "/api/v1/sessions", monitor_));
  EXPECT_EQ(session["role"], "monitor");
  EXPECT_TRUE(session["ice_servers"].empty()) << "it may not call";
}

TEST_F(SessionTest, SaysWhetherACallNeedsALogIn) {
  const auto may_call = [this](std::string_view path, std::string_view headers) {
    return body_of(ask("GET", path, headers))["may_call"].get<bool>();
  };
  EXPECT_FALSE(may_call("/api/v1/sessions", ""));
  EXPECT_TRUE(may_call("/api/v1/sessions?to=9196", "")) << "an open extension";
  EXPECT_FALSE(may_call("/api/v1/sessions?to=9196", "X-Forwarded-For: 192.0.2.1\r\n"));
  EXPECT_TRUE(may_call("/api/v1/sessions", bearer_of({.user_id = "01ANNA"})));
  EXPECT_FALSE(may_call("/api/v1/sessions", bearer_of({.call_id = "c1"}))) << "a session for that call alone";
  EXPECT_FALSE(may_call("/api/v1/sessions", monitor_));
}

TEST_F(SessionTest, TellsServersToWhomMayCallOrComeBack) {
  EXPECT_TRUE(body_of(ask("GET", "/api/v1/sessions", ""))["ice_servers"].empty());
  EXPECT_FALSE(body_of(ask("GET", "/api/v1/sessions?to=9196", ""))["ice_servers"].empty());
  EXPECT_FALSE(body_of(ask("GET", "/api/v1/sessions", bearer_of({.call_id = "c1"})))["ice_servers"].empty());
}

TEST_F(SessionTest, StreamsToACallerTheEventsOfTheirOwnCall) {
  const auto own = bearer_of({.user_id = "01ANNA", .call_id = "c1"});
  net::TestClient client{server_->endpoints()[0]}, nosy{server_->endpoints()[0]}, early{server_->endpoints()[0]};
  ASSERT_THAT(client.upgrade("/api/v1/events", own), StartsWith("HTTP/1.1 101"));
  EXPECT_THAT(nosy.upgrade("/api/v1/events?call=c2", own), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(early.upgrade("/api/v1/events", bearer_of({.user_id = "01ANNA"})), StartsWith("HTTP/1.1 409"));

  hub_.publish({.call_id = "c2", .type = "call.arrived", .data = "{}"});
  hub_.publish({.call_id = "c1", .type = "call.arrived", .data = "{}"});

  EXPECT_EQ(nlohmann::json::parse(client.read_frame().second)["call_id"], "c1");
}

TEST_F(SessionTest, ClosesTheStreamOfASessionThatHasEnded) {
  const auto opened = sessions_.open({.role = store::Role::admin}, Clock::now(), {});
  net::TestClient client{server_->endpoints()[0]};
  ASSERT_THAT(client.upgrade("/api/v1/events", bearer_of(opened->token)), StartsWith("HTTP/1.1 101"));

  sessions_.close(opened->token);
  hub_.publish({.call_id = "c1", .type = "call.arrived", .data = "{}"});

  const auto [opcode, payload] = client.read_frame();
  EXPECT_EQ(opcode, 8);
  EXPECT_THAT(payload, HasSubstr("the session has ended"));
}

TEST_F(SessionTest, UpgradesACookieFromItsOwnOriginOnly) {
  const auto cookie = cookie_of(log_in(std::string{R"({"admin_token":")"} + token + "\"}"));
  net::TestClient stranger{server_->endpoints()[0]}, ours{server_->endpoints()[0]};
  EXPECT_THAT(stranger.upgrade("/api/v1/events", cookie + "Origin: http://evil\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(ours.upgrade("/api/v1/events", cookie + "Origin: http://test\r\n"), StartsWith("HTTP/1.1 101"));
}

}  // namespace
}  // namespace parley::api
