#include "app/browser_admission.hpp"

#include <gmock/gmock.h>

namespace parley::app {
namespace {

using store::Role;
using store::Session;

const std::vector<call::Route> routes{
    {.to = "1000", .from = "", .target = {.kind = call::RouteTarget::Kind::assistant, .assistant = "reception"}},
    {.to = "9196", .from = "", .target = {.kind = call::RouteTarget::Kind::echo}, .open = true},
    {.to = "9*", .from = "Bert", .target = {.kind = call::RouteTarget::Kind::tone}},
};
const BrowserAdmission admission{routes};
const Session anna{.id = "s1", .user_id = "01ANNA", .user_name = "Anna"};

int status(std::string_view to, const std::optional<Session>& session, bool proxied = false) {
  const auto call = admission.judge(to, session, proxied);
  return call ? 200 : call.error().status;
}

TEST(BrowserAdmission, AUserIsVerifiedAndKnownByName) {
  const auto call = admission.judge("1000", anna, true);

  ASSERT_TRUE(call);
  EXPECT_EQ(call->target.assistant, "reception");
  EXPECT_EQ(call->from, "Anna");
  EXPECT_EQ(call->identity, (call::Identity{call::IdentityLevel::verified, "01ANNA", "Anna"}));
}

TEST(BrowserAdmission, AStrangerCallsOpenExtensionsOnly) {
  const auto call = admission.judge("9196", std::nullopt, false);

  ASSERT_TRUE(call);
  EXPECT_EQ(call->from, "browser");
  EXPECT_EQ(call->identity.level, call::IdentityLevel::anonymous);
  EXPECT_EQ(status("1000", std::nullopt), 401);
  EXPECT_EQ(status("4711", std::nullopt), 404);
}

TEST(BrowserAdmission, ASessionForOneOpenCallIsNoLogIn) {
  const Session guest{.id = "s2", .call_id = "01CALL"};
  EXPECT_EQ(status("9196", guest), 200);
  EXPECT_EQ(status("1000", guest), 401);
}

TEST(BrowserAdmission, AnOpenExtensionIsForNeighbours) {
  EXPECT_EQ(status("9196", std::nullopt, true), 403);
  EXPECT_EQ(status("9196", anna, true), 200);
}

TEST(BrowserAdmission, TheAdminCallsAsNobodyInParticularAndAMonitorDoesNot) {
  const auto call = admission.judge("1000", Session{.role = Role::admin}, false);

  ASSERT_TRUE(call);
  EXPECT_EQ(call->from, "admin");
  EXPECT_FALSE(call->identity.known());
  EXPECT_EQ(status("1000", Session{.role = Role::monitor}), 403);
}

TEST(BrowserAdmission, RoutesMayAskForTheUsersName) {
  EXPECT_EQ(status("9300", anna), 404);
  EXPECT_EQ(status("9300", Session{.user_id = "01BERT", .user_name = "Bert"}), 200);
}

}  // namespace
}  // namespace parley::app
