#include "api/ice_servers.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace parley::api {
namespace {

constexpr WallTime now{std::chrono::seconds{1'700'000'000}};

nlohmann::json told(const IceServer& server, std::string_view user = "01ANNA") {
  return nlohmann::json::parse(ice_servers_json({server}, user, now))[0];
}

TEST(IceServers, MakeCredentialsThatEnd) {
  const auto server = told({.urls = {"turn:turn.example.com"}, .secret = "north", .lifetime = std::chrono::hours{1}});

  EXPECT_EQ(server["urls"].dump(), R"(["turn:turn.example.com"])");
  EXPECT_EQ(server["username"], "1700003600:01ANNA");
  // python3: base64.b64encode(hmac.new(b"north", b"1700003600:01ANNA", "sha1").digest())
  EXPECT_EQ(server["credential"], "Xt5/WxVN00JBoiqFUfcCnCf9c3s=");
  EXPECT_EQ(server.dump().find("north"), std::string::npos) << "the secret stays here";
}

TEST(IceServers, MakeCredentialsForNobodyInParticular) {
  const auto server = told({.urls = {"turn:a"}, .secret = "north", .lifetime = std::chrono::hours{1}}, "");
  EXPECT_EQ(server["username"], "1700003600");
}

TEST(IceServers, PassStaticCredentialsOnAndNoneWhereThereAreNone) {
  EXPECT_EQ(told({.urls = {"turn:a"}, .username = "u", .credential = "c"}).dump(),
            R"({"credential":"c","urls":["turn:a"],"username":"u"})");
  EXPECT_EQ(told({.urls = {"stun:a", "stun:b"}}).dump(), R"({"urls":["stun:a","stun:b"]})");
  EXPECT_EQ(ice_servers_json({}, "01ANNA", now), "[]");
}

TEST(IceServers, AreLinksForPeersThatReadHeaders) {
  const IceServer turn{.urls = {"stun:a", "turn:a?transport=udp"}, .username = "u\"s", .credential = "c\\d"};

  EXPECT_THAT(ice_server_links({turn, {.urls = {"stun:b"}}}, "", now),
              testing::ElementsAre(R"(<stun:a>; rel="ice-server")",
                                   R"(<turn:a?transport=udp>; rel="ice-server"; username="u\"s"; credential="c\\d"; )"
                                   R"(credential-type="password")",
                                   R"(<stun:b>; rel="ice-server")"));
}

TEST(IceServers, MakeTheSameCredentialsForLinks) {
  const IceServer made{.urls = {"turns:a"}, .secret = "north", .lifetime = std::chrono::hours{1}};
  EXPECT_THAT(ice_server_links({made}, "01ANNA", now),
              testing::ElementsAre(
                  testing::HasSubstr(R"(username="1700003600:01ANNA"; credential="Xt5/WxVN00JBoiqFUfcCnCf9c3s=")")));
}

}  // namespace
}  // namespace parley::api
