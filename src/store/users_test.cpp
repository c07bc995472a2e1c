#include "store/users.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "store/database.hpp"
#include "store/testing.hpp"

namespace parley::store {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* secret = "0123456789abcdef0123456789abcdef";

class UsersTest : public ::testing::Test {
 protected:
  Folder folder_;
  Random random_ = Random::seeded(1);
  Users users_ = Users::open(folder_ / "parley.db", Pins{secret}).value();

  Result<UserRow, std::string> add(std::string name, std::string_view pin) {
    return users_.add(std::move(name), pin, at(1'234), random_);
  }
  std::vector<std::string> names() {
    const auto users = users_.list();
    std::vector<std::string> names;
    for (const auto& user : *users) names.push_back(user.name);
    return names;
  }
};

TEST_F(UsersTest, AreFoundByTheirPinAlone) {
  const auto anna = add("Anna", "1234");
  ASSERT_TRUE(anna) << anna.error();
  ASSERT_TRUE(add("Bert", "9876"));
  const auto records = open_records(config_in(folder_));
  const Pins pins{secret};
  const auto find = [&](std::string_view pin) {
    return answer_to<UserRow>(
        [&](Reply<UserRow> reply) { records->find_user_by_pin(pins.index(pin), std::move(reply)); });
  };

  EXPECT_EQ(find("1234"), *anna);
  EXPECT_EQ(find("9876")->name, "Bert");
  EXPECT_EQ(find("5555").error().code, StoreError::Code::not_found);
  const auto by_id = answer_to<UserRow>([&](Reply<UserRow> reply) { records->find_user(anna->id, std::move(reply)); });
  EXPECT_EQ(by_id, *anna);
}

TEST_F(UsersTest, AreAddedWhileTheServiceWrites) {
  const auto records = open_records(config_in(folder_));
  for (int i = 0; i < 50; ++i) records->insert_call(call_named("01" + std::to_string(i)));

  ASSERT_TRUE(add("Anna", "1234"));

  ASSERT_EQ(insert(*records, call_named("02")), Written::stored);
  EXPECT_THAT(names(), ElementsAre("Anna"));
}

TEST_F(UsersTest, HaveNamesAndPinsOfTheirOwn) {
  ASSERT_TRUE(add("Anna", "1234"));

  EXPECT_THAT(add("ANNA", "5678").error(), HasSubstr("already a user 'Anna'"));
  EXPECT_THAT(add("Bert", "1234").error(), HasSubstr("another user has this PIN"));
  ASSERT_TRUE(add("Bert", "5678"));
  EXPECT_THAT(users_.set_pin("Bert", "1234", random_).error(), HasSubstr("another user has this PIN"));
  EXPECT_TRUE(users_.set_pin("bert", "5678", random_));  // the same again is no other's
}

TEST_F(UsersTest, RefuseNamesAndPinsThatCannotBeSaidOrKeyed) {
  for (const std::string name : {"", " Anna", "Anna ", "An\nna", "An\x7Fna"})
    EXPECT_THAT(add(name, "1234").error(), StartsWith("a name has")) << name;
  EXPECT_FALSE(add(std::string(65, 'x'), "1234"));
  for (const auto* pin : {"", "123", "1234567890123", "12a4", "12 34", "１２３４"})
    EXPECT_THAT(add("Anna", pin).error(), StartsWith("a PIN has 4 to 12 digits")) << pin;
  EXPECT_THAT(names(), ElementsAre());
}

TEST_F(UsersTest, AreRemovedByNameOrId) {
  ASSERT_TRUE(add("Anna", "1234"));
  const auto bert = add("Bert", "5678");
  ASSERT_TRUE(bert);

  EXPECT_EQ(users_.remove("anna")->name, "Anna");
  EXPECT_EQ(users_.remove(bert->id)->name, "Bert");
  EXPECT_THAT(users_.remove("Anna").error(), HasSubstr("there is no user 'Anna'"));
  EXPECT_THAT(names(), ElementsAre());
}

TEST_F(UsersTest, GetAnotherPin) {
  const auto before = add("Anna", "1234");
  ASSERT_TRUE(before);

  const auto after = users_.set_pin("Anna", "4321", random_);

  ASSERT_TRUE(after) << after.error();
  const Pins pins{secret};
  EXPECT_EQ(after->id, before->id);
  EXPECT_EQ(after->pin_index, pins.index("4321"));
  EXPECT_TRUE(pins.matches("4321", after->pin_hash));
  EXPECT_FALSE(pins.matches("1234", after->pin_hash));
}

TEST(Pins, AreUselessWithoutTheSecret) {
  Random random = Random::seeded(1);
  const Pins ours{secret}, theirs{"another secret of thirty-two chars"};

  const auto hash = ours.hash("1234", random);

  EXPECT_THAT(hash, StartsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_NE(ours.index("1234"), theirs.index("1234"));
  EXPECT_TRUE(ours.matches("1234", hash));
  EXPECT_FALSE(theirs.matches("1234", hash));
  EXPECT_FALSE(ours.matches("1234", "not a hash"));
  EXPECT_NE(ours.hash("1234", random), hash) << "the salt is another each time";
}

TEST(ServerSecret, IsMadeOnceAndReadableByItsOwnerOnly) {
  const Folder folder;
  const auto file = folder / "secret";

  const auto made = server_secret(file);

  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(made->size(), 52U);
  EXPECT_EQ(server_secret(file).value(), *made);
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{file.parent_path()}, {}), 1) << "no draft is left";
}

TEST(ServerSecret, IsNotReplacedWhenItIsDamagedOrCannotBeMade) {
  const Folder folder;
  std::ofstream{folder / "secret"} << "short";

  EXPECT_THAT(server_secret(folder / "secret").error(), HasSubstr("holds no secret"));
  EXPECT_THAT(server_secret(folder / "absent" / "secret").error(), HasSubstr("cannot be made"));
}

TEST(Migrations, BringADatabaseOfTheFirstSchemaToUsers) {
  const Folder folder;
  {
    auto connection = open_database({folder / "parley.db"}).value();
    ASSERT_TRUE(connection.run("DROP TABLE user; DROP TABLE transfer; DELETE FROM schema_version WHERE version > 1"));
  }

  auto users = Users::open(folder / "parley.db", Pins{secret});

  ASSERT_TRUE(users) << users.error();
  EXPECT_THAT(*users->list(), ElementsAre());
}

}  // namespace
}  // namespace parley::store
