#include "store/session/sessions.hpp"

#include <gmock/gmock.h>

namespace parley::store {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;

constexpr TimePoint start{100s};
constexpr WallTime wall{};

NewSession of_user(std::string id, std::string credential = "pin") {
  return {.user_id = std::move(id), .user_name = "Anna", .credential = std::move(credential)};
}

TEST(Sessions, AreFoundByTheirTokenUntilTheyExpire) {
  Sessions sessions;
  const auto opened = sessions.open({.role = Role::monitor, .length = 60s}, start, wall);
  ASSERT_TRUE(opened);

  EXPECT_EQ(opened->token.size(), 52U);
  EXPECT_EQ(opened->session.expires_at, wall + 60s);
  EXPECT_EQ(sessions.find(opened->token, start + 59s)->role, Role::monitor);
  EXPECT_TRUE(sessions.alive(opened->session.id, start + 59s));
  EXPECT_FALSE(sessions.find(opened->token, start + 60s));
  EXPECT_FALSE(sessions.alive(opened->session.id, start + 60s));
  for (const auto& wrong : {std::string{}, std::string{"x"}, std::string(1'000, 'x'), opened->session.id})
    EXPECT_FALSE(sessions.find(wrong, start)) << wrong;
}

TEST(Sessions, EndWhenTheyAreClosed) {
  Sessions sessions;
  const auto opened = sessions.open(of_user("u1"), start, wall);
  ASSERT_TRUE(opened);

  EXPECT_TRUE(sessions.close(opened->token));

  EXPECT_FALSE(sessions.close(opened->token));
  EXPECT_FALSE(sessions.find(opened->token, start));
  EXPECT_FALSE(sessions.alive(opened->session.id, start));
  EXPECT_FALSE(sessions.set_call(opened->session.id, "c1", start));
  EXPECT_EQ(sessions.size(), 0U);
}

TEST(Sessions, SeeTheCallThatTheyWereGivenLast) {
  Sessions sessions;
  const auto opened = sessions.open(of_user("u1"), start, wall);
  ASSERT_TRUE(opened);

  EXPECT_TRUE(sessions.set_call(opened->session.id, "c1", start));
  EXPECT_TRUE(sessions.set_call(opened->session.id, "c2", start));

  EXPECT_EQ(sessions.find(opened->token, start)->call_id, "c2");
}

TEST(Sessions, DropTheOldestOfOneUserAndNoOthers) {
  Sessions sessions{{.sessions = 10, .per_user = 2}, Random::seeded(1)};
  const auto other = sessions.open(of_user("u2"), start, wall);
  const auto first = sessions.open(of_user("u1"), start, wall);
  const auto second = sessions.open(of_user("u1"), start, wall);

  const auto third = sessions.open(of_user("u1"), start, wall);

  EXPECT_FALSE(sessions.find(first->token, start));
  for (const auto& session : {other, second, third}) EXPECT_TRUE(sessions.find(session->token, start));
}

TEST(Sessions, TakeNoMoreThanTheirLimitUntilSomeExpire) {
  Sessions sessions{{.sessions = 3, .per_user = 2}, Random::seeded(1)};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(sessions.open({.length = 60s}, start, wall));

  EXPECT_FALSE(sessions.open({.length = 60s}, start, wall));
  EXPECT_FALSE(sessions.open(of_user("u1"), start, wall));
  EXPECT_TRUE(sessions.open({.length = 60s}, start + 60s, wall));
  EXPECT_EQ(sessions.size(), 1U);
}

TEST(Sessions, EndWithTheCredentialThatOpenedThem) {
  Sessions sessions;
  const auto before = sessions.open(of_user("u1", "old"), start, wall);
  const auto after = sessions.open(of_user("u1", "new"), start, wall);
  const auto nobody = sessions.open({}, start, wall);
  ASSERT_THAT(sessions.users(start), ElementsAre(FieldsAre("u1", "new"), FieldsAre("u1", "old")));

  sessions.revoke({"u1", "old"});

  EXPECT_FALSE(sessions.find(before->token, start));
  EXPECT_TRUE(sessions.find(after->token, start));
  EXPECT_TRUE(sessions.find(nobody->token, start));
}

}  // namespace
}  // namespace parley::store
