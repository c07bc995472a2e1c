#include "api/api_test.hpp"

#include <sys/stat.h>

#include <fstream>

#include "api/embedded.hpp"

namespace parley::api {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(ApiTest, TellsItsHealthToAnyoneInTheNamesThatBridgesPoll) {
  const auto health = body_of(ask("GET", "/health", ""));
  EXPECT_EQ(health["status"], "healthy");
  EXPECT_EQ(health["activeSessions"], 3);
  EXPECT_GE(health["uptime"].get<double>(), 0.0);
  EXPECT_GT(health["memory"]["rss"].get<int>(), 100'000);
  EXPECT_EQ(health["workers"], 2);
  EXPECT_EQ(health.size(), 6u);
}

TEST_F(ApiTest, SaysWhyItIsNotReady) {
  EXPECT_EQ(body_of(ask("GET", "/ready", "")).dump(), R"({"status":"ready"})");
  backend_.state = {"draining", {"SIGTERM"}};
  const auto answer = ask("GET", "/ready", "");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_EQ(body_of(answer)["reasons"][0], "SIGTERM");
}

TEST_F(ApiTest, OpensMetricsOnLoopbackButNotThroughAProxy) {
  metrics_.counter("calls_total", "Calls.").increment();
  EXPECT_THAT(ask("GET", "/metrics", ""), HasSubstr("calls_total 1"));
  EXPECT_THAT(ask("GET", "/metrics", "X-Forwarded-For: 203.0.113.9\r\n"), StartsWith("HTTP/1.1 401"));
}

TEST_F(ApiTest, LetsNobodyInWithoutTheToken) {
  for (const char* header :
       {"", "Authorization: Bearer wrong\r\n", "Authorization: Basic eDp5\r\n", "Cookie: parley_session=x\r\n"}) {
    const auto answer = ask("GET", "/api/v1/calls", header);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 401")) << header;
    EXPECT_THAT(answer, HasSubstr("WWW-Authenticate: Bearer")) << header;
    EXPECT_EQ(body_of(answer)["status"], 401);
  }
  EXPECT_THAT(get("/api/v1/calls"), StartsWith("HTTP/1.1 200"));
}

TEST_F(ApiTest, MakesGuessersWait) {
  for (int i = 0; i < 20; ++i) (void)ask("GET", "/api/v1/calls", "Authorization: Bearer guess\r\n");
  const auto answer = ask("GET", "/api/v1/calls", "Authorization: Bearer guess\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 429"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: "));
}

TEST_F(ApiTest, PassesCommandsToTheBackend) {
  const std::vector<std::array<std::string, 3>> cases{
      {"/say", R"({"text":"hello","interrupt":true})", "say hello now"},
      {"/input", R"({"text":"my name is Ada"})", "input my name is Ada"},
      {"/play", R"({"url":"https://example.com/a.wav"})", "url https://example.com/a.wav"},
      {"/play", R"({"file":"jingles/a.wav"})", "file jingles/a.wav"},
      {"/dtmf", R"({"digits":"12*#A"})", "dtmf 12*#A"},
      {"/hold", "", "hold"},
      {"/unhold", "", "unhold"},
      {"/recording/pause", "{}", "pause"},
      {"/transfer", R"({"to":"2001","mode":"warm"})", "transfer to 2001 warm"},
      {"/handback", R"({"note":"call back"})", "hand back call back"},
  };
  for (const auto& [path, body, expected] : cases) {
    EXPECT_THAT(post("/api/v1/calls/c1" + path, body), StartsWith("HTTP/1.1 202")) << path;
    ASSERT_FALSE(backend_.asked.empty()) << path;
    EXPECT_EQ(backend_.asked.back(), expected);
    EXPECT_THAT(post("/api/v1/calls/c9" + path, body), StartsWith("HTTP/1.1 404")) << path;
  }
}

TEST_F(ApiTest, TransfersCallsAndKeepsNotes) {
  EXPECT_EQ(body_of(post("/api/v1/calls/c1/transfer", R"({"to":"2001"})"))["transfer_id"], "t1");
  EXPECT_EQ(body_of(post("/api/v1/calls/c1/legs", R"({"to":"2002"})"))["leg_id"], "l1");
  EXPECT_THAT(ask("DELETE", "/api/v1/calls/c1/transfer", authorization_), StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(ask("PUT", "/api/v1/calls/c1/notes", authorization_ + "Content-Type: application/json\r\n",
                  R"({"text":"wants a refund","disposition":"refund"})"),
              StartsWith("HTTP/1.1 202"));

  EXPECT_THAT(backend_.asked,
              testing::ElementsAre("transfer to 2001 ", "add 2002", "cancel", "note by admin: wants a refund refund"));
}

TEST_F(ApiTest, OriginatesCalls) {
  const auto answer = post("/api/v1/calls", R"({"to":"2001","context":{"order":7}})");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 201"));
  EXPECT_THAT(backend_.asked, testing::ElementsAre(R"(originate 2001 {"order":7})"));
  EXPECT_THAT(post("/api/v1/calls", R"({"to":"busy"})"),
              testing::AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Retry-After: 5\r\n")));
}

TEST_F(ApiTest, NamesEveryFieldThatIsWrong) {
  const auto errors =
      body_of(post("/api/v1/calls", R"({"from":5,"context":[],"ring_timeout_ms":1.5,"surprise":1})"))["errors"];
  std::vector<std::string> fields;
  for (const auto& error : errors) fields.push_back(error["field"]);
  EXPECT_THAT(fields, testing::UnorderedElementsAre("to", "from", "context", "ring_timeout_ms", "surprise"));
}

TEST_F(ApiTest, RefusesBodiesThatAreNotWhatTheyShouldBe) {
  const std::string deep(100'000, '[');
  const std::vector<std::array<std::string, 3>> cases{
      {"/say", "not json", "400"},
      {"/say", "[]", "400"},
      {"/say", deep, "400"},
      {"/say", "{\"text\":\"\xFF\"}", "400"},
      {"/say", R"({"text":""})", "400"},
      {"/say", "", "400"},
      {"/say", R"({"text":null})", "400"},
      {"/dtmf", R"({"digits":"12x"})", "400"},
      {"/play", "{}", "400"},
      {"/play", R"({"url":"http://a","file":"b"})", "400"},
      {"/play", R"({"url":"file:///etc/passwd"})", "400"},
      {"/play", R"({"file":"../a"})", "400"},
      {"/play", R"({"file":"/a"})", "400"},
      {"/play", R"({"url":5})", "400"},
      {"/hold", R"({"x":1})", "400"},
      {"/transfer", R"({"to":7})", "400"},
      {"/transfer", R"({"to":"2001","mode":"attended"})", "400"},
      {"/transfer", R"({"to":"2001","via":"pigeon"})", "400"},
      {"/transfer", R"({"to":"2001","timeout_ms":1})", "400"},
      {"/legs", "{}", "400"},
  };
  for (const auto& [path, body, status] : cases) {
    const auto answer = post("/api/v1/calls/c1" + path, body);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + status)) << path << " " << body.substr(0, 50);
    EXPECT_THAT(answer, HasSubstr("application/problem+json"));
  }
  EXPECT_THAT(ask("POST", "/api/v1/calls/c1/say", authorization_ + "Content-Type: text/plain\r\n", "hello"),
              StartsWith("HTTP/1.1 415"));
  EXPECT_TRUE(backend_.asked.empty());
}

TEST_F(ApiTest, ChecksTheQueryOfAList) {
  EXPECT_THAT(get("/api/v1/calls?limit=7&state=ended&since=2026-01-01&until=2026-01-01T10:00:00Z"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(backend_.asked.back(), "list 7 ended");
  for (const char* query :
       {"limit=0", "limit=501", "limit=x", "limit=-1", "state=asleep", "since=yesterday", "until=2026-01-01T10:00"})
    EXPECT_THAT(get(std::string{"/api/v1/calls?"} + query), StartsWith("HTTP/1.1 400")) << query;
  EXPECT_THAT(ask("PUT", "/api/v1/calls", authorization_), StartsWith("HTTP/1.1 405"));
}

TEST_F(ApiTest, SendsRecordingsInRanges) {
  backend_.recording_path = std::filesystem::temp_directory_path() / ("parley_api_" + std::to_string(getpid()));
  std::ofstream{backend_.recording_path} << "RIFFdata";
  const auto part = ask("GET", "/api/v1/calls/c1/recording?format=mp3", authorization_ + "Range: bytes=4-\r\n");
  EXPECT_THAT(part, StartsWith("HTTP/1.1 206"));
  EXPECT_THAT(part, HasSubstr("Content-Type: audio/mpeg\r\n"));
  EXPECT_THAT(part, EndsWith("data"));
  EXPECT_THAT(get("/api/v1/calls/c1/recording?format=ogg"), StartsWith("HTTP/1.1 400"));
  std::filesystem::remove(backend_.recording_path);
  EXPECT_THAT(get("/api/v1/calls/c1/recording"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(get("/api/v1/calls/c1/sip?format=pcap"), HasSubstr("application/vnd.tcpdump.pcap"));
}

TEST_F(ApiTest, StreamsEventsAndReplaysThemAfterACursor) {
  for (int i = 1; i <= 3; ++i)
    hub_.publish({.call_id = i == 2 ? "other" : "c1", .type = i == 3 ? "dtmf" : "call.arrived", .data = "{}"});
  const auto cursor = hub_.of_call("c1").front()->cursor;
  net::TestClient client{server_->endpoints()[0]};
  ASSERT_THAT(client.upgrade("/api/v1/events?call=c1&types=dtmf,call.ended&after=" + cursor, authorization_),
              StartsWith("HTTP/1.1 101"));

  const auto first = nlohmann::json::parse(client.read_frame().second);
  EXPECT_EQ(first["type"], "dtmf");
  EXPECT_EQ(first["seq"], 2);
  hub_.publish({.call_id = "c1", .type = "call.state", .data = "{}"});
  hub_.publish({.call_id = "c1", .type = "call.ended", .data = R"({"end_cause":"api"})"});
  const auto second = nlohmann::json::parse(client.read_frame().second);
  EXPECT_EQ(second["type"], "call.ended");
  EXPECT_EQ(second["data"]["end_cause"], "api");
  client.send_frame(8, std::string_view{"\x03\xE8", 2});
  EXPECT_EQ(client.read_frame().first, 8);
}

TEST_F(ApiTest, RefusesEventsWithoutTheTokenAndAfterACursorThatIsGone) {
  net::TestClient stranger{server_->endpoints()[0]}, late{server_->endpoints()[0]};
  EXPECT_THAT(stranger.upgrade("/api/v1/events"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(late.upgrade("/api/v1/events?after=gone-5", authorization_), StartsWith("HTTP/1.1 410"));
  EXPECT_THAT(get("/api/v1/events"), StartsWith("HTTP/1.1 426"));
}

TEST_F(ApiTest, ServesThePagesToEveryone) {
  for (const char* path : {"/", "/calls"}) {
    const auto page = ask("GET", path, "");
    EXPECT_THAT(page, StartsWith("HTTP/1.1 200")) << path;
    EXPECT_THAT(page, HasSubstr("script-src 'self'")) << path;
    EXPECT_THAT(page, HasSubstr("sip:1000@192.0.2.1")) << path;
    EXPECT_THAT(page, HasSubstr("/assets/")) << path;
  }
}

TEST_F(ApiTest, DescribesEveryRouteInItsOpenApiDocument) {
  const auto document = ask("GET", "/api/openapi.yaml", "");
  EXPECT_THAT(document, HasSubstr("\nopenapi: 3.1.0\n"));
  for (const char* path : {"/health",
                           "/ready",
                           "/metrics",
                           "/api/v1/calls",
                           "/api/v1/calls/{id}",
                           "/api/v1/calls/{id}/say",
                           "/api/v1/calls/{id}/input",
                           "/api/v1/calls/{id}/play",
                           "/api/v1/calls/{id}/dtmf",
                           "/api/v1/calls/{id}/hold",
                           "/api/v1/calls/{id}/transfer",
                           "/api/v1/calls/{id}/handback",
                           "/api/v1/calls/{id}/legs",
                           "/api/v1/calls/{id}/notes",
                           "/api/v1/calls/{id}/unhold",
                           "/api/v1/calls/{id}/recording",
                           "/api/v1/calls/{id}/recording/pause",
                           "/api/v1/calls/{id}/recording/resume",
                           "/api/v1/calls/{id}/sip",
                           "/api/v1/events",
                           "/api/v1/sessions"})
    EXPECT_THAT(document, HasSubstr(std::string{"\n  "} + path + ":\n"));
}

TEST(AdminToken, IsMadeOnceAndReadableByItsOwnerOnly) {
  const auto data = std::filesystem::temp_directory_path() / ("parley_token_" + std::to_string(getpid()));
  std::filesystem::remove_all(data);

  const auto made = admin_token(data / "new");

  EXPECT_EQ(made.size(), 52u);
  EXPECT_EQ(admin_token(data / "new"), made);
  struct stat status{};
  ASSERT_EQ(::stat((data / "new/admin-token").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  std::ofstream{data / "new/admin-token"} << "short";
  EXPECT_THROW(admin_token(data / "new"), std::runtime_error);
  std::filesystem::remove_all(data);
}

TEST(AttemptLimit, CountsPerAddressAndForgetsAfterItsWindow) {
  AttemptLimit limit{2, 60s};
  const auto address = IpAddress::parse("2001:db8::1").value();
  const auto neighbour = IpAddress::parse("2001:db8::2").value(), other = IpAddress::loopback();
  const TimePoint start{100s};
  limit.failed(address, start);
  EXPECT_FALSE(limit.blocked(address, start));
  limit.failed(address, start + 10s);
  EXPECT_EQ(limit.blocked(neighbour, start + 20s), Duration{40s});
  EXPECT_FALSE(limit.blocked(other, start + 20s));
  EXPECT_FALSE(limit.blocked(address, start + 61s));
}

}  // namespace
}  // namespace parley::api
