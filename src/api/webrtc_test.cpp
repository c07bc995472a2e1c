#include "api/api_test.hpp"

namespace parley::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class WebRtcRoutesTest : public ApiTest {
 protected:
  std::string offer(std::string_view body, std::string_view headers = {}) {
    return ask("POST", "/webrtc/offer", "Content-Type: application/json\r\n" + std::string{headers}, body);
  }
  static std::string cookie_of(const std::string& response) {
    const auto at = response.find("parley_session=");
    return "Cookie: " + response.substr(at, response.find(';', at) - at) + "\r\n";
  }
  static std::string location_of(const std::string& response) {
    const auto at = response.find("Location: ") + 10;
    return response.substr(at, response.find("\r\n", at) - at);
  }
};

TEST_F(WebRtcRoutesTest, AnswersAStrangersOfferWithASessionForThatCallAlone) {
  const auto answer = offer(R"({"sdp":"v=0","type":"offer","to":"9196"})");

  ASSERT_THAT(answer, StartsWith("HTTP/1.1 200"));
  const auto body = body_of(answer);
  EXPECT_EQ(body["sdp"], "v=0 answer");
  EXPECT_EQ(body["type"], "answer");
  EXPECT_EQ(body["call_id"], "c1");
  EXPECT_THAT(backend_.asked, ElementsAre("offer to 9196 by a stranger"));
  EXPECT_THAT(ask("GET", "/api/v1/calls/c1", cookie_of(answer)), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("GET", "/api/v1/calls", cookie_of(answer)), StartsWith("HTTP/1.1 403"));
}

TEST_F(WebRtcRoutesTest, TakesTheCallUpAgainWithItsToken) {
  const auto first = body_of(offer(R"({"sdp":"v=0","type":"offer"})"));
  const auto token = first["session"].get<std::string>();

  const auto again = offer(R"({"sdp":"v=0","type":"offer","session":")" + token + "\"}");

  EXPECT_EQ(body_of(again)["sdp"], "v=0 again");
  EXPECT_EQ(body_of(again)["session"], token);
  EXPECT_THAT(backend_.asked, ElementsAre("offer to 1000 by a stranger", "offer again"));
  EXPECT_THAT(offer(R"({"sdp":"v=0","type":"offer","session":"nonsense"})"), StartsWith("HTTP/1.1 401"));
}

TEST_F(WebRtcRoutesTest, AnotherTabTakesTheCallUpWithTheCookieAlone) {
  const auto cookie = cookie_of(offer(R"({"sdp":"v=0","type":"offer"})")) + "Origin: http://test\r\n";

  const auto answer = offer(R"({"sdp":"v=0","type":"offer","call_id":"c1"})", cookie);

  ASSERT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(body_of(answer)["sdp"], "v=0 again");
  const auto token = body_of(answer)["session"].get<std::string>();
  EXPECT_EQ(sessions_.find(token, Clock::now())->call_id, "c1") << "to come back with";
}

TEST_F(WebRtcRoutesTest, TakesUpNoCallThatIsSomebodyElses) {
  const auto cookie = cookie_of(offer(R"({"sdp":"v=0","type":"offer"})")) + "Origin: http://test\r\n";
  EXPECT_THAT(offer(R"({"sdp":"v=0","type":"offer","call_id":"c2"})", cookie), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(offer(R"({"sdp":"v=0","type":"offer","call_id":""})", cookie), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(offer(R"({"sdp":"v=0","type":"offer","call_id":"c1"})"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(offer(R"({"sdp":"v=0","type":"offer","call_id":"c1","to":"1000"})", cookie), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(backend_.asked, ElementsAre("offer to 1000 by a stranger"));
}

TEST_F(WebRtcRoutesTest, ARestartMeantForAReplacedConnectionIsRefused) {
  const auto answer = offer(R"({"sdp":"v=0","type":"offer"})");
  EXPECT_THAT(answer, HasSubstr("ETag: \"ice1\"\r\n"));
  const auto owner = cookie_of(answer) + "Origin: http://test\r\nContent-Type: application/trickle-ice-sdpfrag\r\n";

  EXPECT_THAT(ask("PATCH", "/webrtc/offer/c1", owner + "If-Match: \"before\"\r\n", "restart"),
              StartsWith("HTTP/1.1 412"));
  EXPECT_THAT(ask("PATCH", "/webrtc/offer/c1", owner + "If-Match: before\r\n", "restart"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("PATCH", "/webrtc/offer/c1", owner + "If-Match: *\r\n", "x"), StartsWith("HTTP/1.1 204"));
  const auto restarted = ask("PATCH", "/webrtc/offer/c1", owner + "If-Match: \"ice1\"\r\n", "restart");
  EXPECT_THAT(restarted, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(restarted, HasSubstr("ETag: \"ice2\"\r\n"));
}

TEST_F(WebRtcRoutesTest, KeepsWhoIsLoggedInAndShowsThemTheirCall) {
  const auto session = sessions_.open({.user_id = "01ANNA", .user_name = "Anna"}, Clock::now(), {});
  const auto bearer = "Authorization: Bearer " + session->token + "\r\n";

  const auto answer = offer(R"({"sdp":"v=0","type":"offer"})", bearer);

  EXPECT_THAT(backend_.asked, ElementsAre("offer to 1000 by Anna"));
  EXPECT_THAT(answer, Not(HasSubstr("Set-Cookie")));
  EXPECT_EQ(sessions_.find(session->token, Clock::now())->call_id, "c1");
  EXPECT_NE(body_of(answer)["session"], session->token);
}

TEST_F(WebRtcRoutesTest, RefusesOffersWithAProblemDocument) {
  EXPECT_THAT(offer(R"({"sdp":"bad","type":"offer"})"), StartsWith("HTTP/1.1 422"));
  EXPECT_THAT(offer(R"({"sdp":"v=0","type":"answer"})"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(offer(R"({"type":"offer"})"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("POST", "/whip/1000", "Content-Type: text/plain\r\n", "v=0"), StartsWith("HTTP/1.1 415"));
}

TEST_F(WebRtcRoutesTest, LetsOnlyTheCallsOwnerTrickleAndHangUp) {
  const auto owner = cookie_of(offer(R"({"sdp":"v=0","type":"offer"})")) + "Origin: http://test\r\n";
  const std::string type = "Content-Type: application/trickle-ice-sdpfrag\r\n";

  EXPECT_THAT(ask("PATCH", "/webrtc/offer/c1", type, "x"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(ask("PATCH", "/webrtc/offer/c2", owner + type, "x"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(ask("PATCH", "/webrtc/offer/c1", owner + type, "x"), StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(ask("PATCH", "/webrtc/offer/c1", owner + type, "restart"), HasSubstr("a=ice-ufrag:new"));
  EXPECT_THAT(ask("PATCH", "/webrtc/offer/c1", owner, "x"), StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(ask("DELETE", "/webrtc/offer/c1", owner), StartsWith("HTTP/1.1 204"));
  EXPECT_EQ(backend_.asked.back(), "webrtc hang_up");
}

class WhipTest : public WebRtcRoutesTest {
 protected:
  std::string post() { return ask("POST", "/whip/9196", "Content-Type: application/sdp\r\n", "v=0"); }
  std::string patch(const std::string& resource, std::string_view if_match, std::string_view fragment) {
    std::string headers = "Content-Type: application/trickle-ice-sdpfrag\r\n";
    if (!if_match.empty()) headers += "If-Match: " + std::string{if_match} + "\r\n";
    return ask("PATCH", resource, headers, fragment);
  }
};

TEST_F(WhipTest, GivesAResourceThatNobodyGuesses) {
  const auto answer = post();

  ASSERT_THAT(answer, StartsWith("HTTP/1.1 201"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/sdp"));
  const auto resource = location_of(answer);
  EXPECT_THAT(resource, StartsWith("/whip/9196/"));
  EXPECT_THAT(patch(resource, "\"ice1\"", "x"), StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(patch("/whip/9196/guess", "\"ice1\"", "x"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(ask("DELETE", "/whip/9196/guess", ""), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(ask("DELETE", resource, ""), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(backend_.asked.back(), "webrtc hang_up");
}

TEST_F(WhipTest, TagsTheIceSession) {
  const auto answer = post();
  EXPECT_THAT(answer, HasSubstr("ETag: \"ice1\"\r\n"));

  const auto restarted = patch(location_of(answer), "*", "restart");

  EXPECT_THAT(restarted, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(restarted, HasSubstr("ETag: \"ice2\"\r\n"));
  EXPECT_THAT(restarted, HasSubstr("a=ice-ufrag:new"));
}

TEST_F(WhipTest, TakesNothingForAnIceSessionThatIsNotThePresentOne) {
  const auto resource = location_of(post());

  EXPECT_THAT(patch(resource, "\"ice0\"", "x"), StartsWith("HTTP/1.1 412"));
  EXPECT_THAT(patch(resource, "", "x"), StartsWith("HTTP/1.1 428"));
  EXPECT_THAT(patch(resource, "ice1", "x"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(patch(resource, "W/\"ice1\"", "x"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(backend_.asked, ElementsAre("offer to 9196 by a stranger"));
}

TEST_F(WhipTest, TakesTheRestartAsTheRfcWritesIt) {
  EXPECT_THAT(patch(location_of(post()), "\"*\"", "restart"), StartsWith("HTTP/1.1 200"));
}

TEST_F(WhipTest, LinksTheIceServersForThoseWhoWereAnswered) {
  EXPECT_THAT(post(), HasSubstr("Link: <stun:stun.example.com>; rel=\"ice-server\"\r\n"));
  EXPECT_THAT(ask("POST", "/whip/9196", "Content-Type: application/sdp\r\n", "bad"), Not(HasSubstr("ice-server")));
}

}  // namespace
}  // namespace parley::api
