#include "api/authentication.hpp"

#include <gmock/gmock.h>

namespace parley::api {
namespace {

using store::Role;

constexpr TimePoint start{1'000s};
constexpr const char* admin = "0123456789abcdef0123456789abcdef";

class AuthenticationTest : public ::testing::Test {
 protected:
  static net::HttpRequest request(net::NamedValues headers, std::string method = "GET") {
    net::HttpRequest request;
    request.method = std::move(method);
    request.headers = std::move(headers);
    request.headers.emplace_back("Host", "voice.example.com");
    request.remote = {IpAddress::parse("192.0.2.1").value(), 4711};
    return request;
  }
  std::string token_of(store::NewSession wanted) { return sessions_.open(std::move(wanted), start, {})->token; }
  static std::string cookie_with(const std::string& token) { return "parley_session=" + token; }

  store::Sessions sessions_;
  Authentication authentication_{admin, {{"board", std::string(32, 'k'), Role::monitor}}, sessions_};
};

TEST_F(AuthenticationTest, KnowsKeysAndSessions) {
  const auto role = [&](const std::string& token) {
    const auto session = authentication_.identify(request({{"Authorization", "bearer  " + token}}), start);
    return session ? std::string{to_string(session->role)} : std::to_string(session.error().status);
  };
  EXPECT_EQ(role(admin), "admin");
  EXPECT_EQ(role(std::string(32, 'k')), "monitor");
  EXPECT_EQ(role(token_of({.role = Role::caller})), "caller");
  EXPECT_EQ(role("wrong"), "401");
}

TEST_F(AuthenticationTest, HasNoAdminTokenWhereItIsEmpty) {
  Authentication without{"", {}, sessions_};
  EXPECT_FALSE(without.is_admin_token(""));
  EXPECT_FALSE(without.identify(request({{"Authorization", "Bearer "}}), start));
}

TEST_F(AuthenticationTest, TakesTheSessionOfARequestFromItsBodyFirst) {
  const auto mine = token_of({.user_id = "01ANNA"}), cookie = token_of({.user_id = "01BERT"});
  const auto post = request({{"Cookie", cookie_with(cookie)}}, "POST");

  const auto by_body = authentication_.session_of(post, mine, start);
  ASSERT_TRUE(by_body);
  ASSERT_TRUE(*by_body);
  EXPECT_EQ((*by_body)->user_id, "01ANNA") << "a token proves itself: no Origin is needed";
  EXPECT_EQ(authentication_.session_of(post, "gone", start).error().status, 401);
  EXPECT_EQ(authentication_.session_of(post, "", start).error().status, 403);
}

TEST_F(AuthenticationTest, AnEndedCookieIsAStrangersAndAnEndedTokenIsRefused) {
  const auto cookie = request({{"Cookie", cookie_with("gone")}}, "POST");
  const auto token = request({{"Authorization", "Bearer gone"}}, "POST");

  const auto stranger = authentication_.session_of(cookie, "", start);
  ASSERT_TRUE(stranger);
  EXPECT_FALSE(*stranger);
  EXPECT_EQ(authentication_.session_of(token, "", start).error().status, 401);
  EXPECT_EQ(authentication_.identify(cookie, start).error().status, 401);
}

TEST_F(AuthenticationTest, ComparesTheOriginWithTheHost) {
  const auto cookie = cookie_with(token_of({.role = Role::admin}));
  const auto status = [&](net::NamedValues headers) {
    headers.emplace_back("Cookie", cookie);
    const auto session = authentication_.identify(request(std::move(headers), "POST"), start);
    return session ? 200 : session.error().status;
  };
  EXPECT_EQ(status({{"Origin", "https://voice.example.com"}}), 200);
  EXPECT_EQ(status({{"Origin", "https://Voice.Example.com"}}), 200);
  for (const char* origin : {"", "null", "https://voice.example.com.evil", "https://evil/voice.example.com",
                             "voice.example.com", "https://voice.example.com:8443"})
    EXPECT_EQ(status({{"Origin", origin}}), 403) << origin;
  EXPECT_EQ(status({}), 403);
}

TEST_F(AuthenticationTest, OpensASessionForACallInThePlaceOfAnother) {
  const auto before = token_of({.user_id = "01ANNA"});

  const auto opened =
      authentication_.open(request({{"Cookie", cookie_with(before)}}), {.call_id = "c1", .length = 60s}, start);

  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->cookie, "parley_session=" + opened->token + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=60");
  EXPECT_EQ(sessions_.find(opened->token, start)->call_id, "c1");
  EXPECT_FALSE(sessions_.find(before, start));
}

TEST_F(AuthenticationTest, LogsTheTokenOutThatAsksForIt) {
  const auto token = token_of({.user_id = "01ANNA"});
  EXPECT_EQ(authentication_.log_out(request({{"Authorization", "Bearer " + token}}, "DELETE")).status, 204);
  EXPECT_FALSE(sessions_.find(token, start));
}

TEST(ClientAddress, IsWhatAProxyOnThisMachineSawLast) {
  net::HttpRequest request;
  request.remote = {IpAddress::loopback(), 4711};
  const auto address = [&](const char* forwarded) {
    request.headers = {{"X-Forwarded-For", "10.0.0.1"}, {"x-forwarded-for", forwarded}};
    return client_address(request).to_string();
  };
  EXPECT_EQ(address("198.51.100.7, 203.0.113.9"), "203.0.113.9");
  EXPECT_EQ(address("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(address("who knows"), "127.0.0.1");
  request.remote.address = IpAddress::parse("192.0.2.1").value();
  EXPECT_EQ(address("203.0.113.9"), "192.0.2.1") << "a stranger may write what they like";
}

TEST(Access, IsByRoleAndByTheCallThatIsMeant) {
  const store::Session caller{.call_id = "c1"}, fresh{}, agent{.role = Role::agent};
  const Subject c1{.call_id = "c1", .extension = ""}, c2{.call_id = "c2", .extension = ""}, nothing{};
  EXPECT_TRUE(allows(caller, Access::read_own, c1));
  EXPECT_TRUE(allows(caller, Access::act_own, c1));
  EXPECT_FALSE(allows(caller, Access::act_own, c2));
  EXPECT_FALSE(allows(fresh, Access::read_own, nothing)) << "no call is not the call of a path without one";
  for (const auto access : {Access::admin, Access::read, Access::read_own, Access::act_own}) {
    EXPECT_TRUE(allows({.role = Role::admin}, access, c1));
    EXPECT_FALSE(allows(agent, access, c1));
  }
}

TEST(Access, OfAgentsIsToTheirOwnCallsAndTheirOwnName) {
  const store::Session agent{.role = Role::agent, .extension = "2001"}, boss{.role = Role::supervisor};
  const Subject own{.call_id = "c1", .extension = "2001", .agents_call = true};
  const Subject others{.call_id = "c2", .extension = "2002"};

  EXPECT_TRUE(allows(agent, Access::agents, others));
  EXPECT_TRUE(allows(agent, Access::read_own, own));
  EXPECT_TRUE(allows(agent, Access::own_name, own));
  EXPECT_FALSE(allows(agent, Access::read_own, others));
  EXPECT_FALSE(allows(agent, Access::own_name, others));
  EXPECT_FALSE(allows(agent, Access::read, own));
  EXPECT_TRUE(allows(boss, Access::own_name, others));
  EXPECT_TRUE(allows(boss, Access::read, others));
  EXPECT_FALSE(allows(boss, Access::admin, others));
  EXPECT_FALSE(allows({}, Access::agents, {}));
}

}  // namespace
}  // namespace parley::api
