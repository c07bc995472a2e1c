#include "base/kept_secret.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace parley {
namespace {

namespace fs = std::filesystem;

struct KeptSecret : ::testing::Test {
  KeptSecret() : folder{fs::temp_directory_path() / ("kept-secret-" + std::to_string(::getpid()))} {}
  ~KeptSecret() override { fs::remove_all(folder); }
  fs::path folder;
};

TEST_F(KeptSecret, IsMadeOnceForItsOwnerAlone) {
  const auto made = kept_secret(folder / "password", 20, 8);

  EXPECT_EQ(made.size(), 20u);
  EXPECT_EQ(kept_secret(folder / "password", 20, 8), made);
  EXPECT_NE(kept_secret(folder / "another", 20, 8), made);
  EXPECT_EQ(fs::status(folder / "password").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(KeptSecret, MayBeOnesOwnButNotTooShort) {
  fs::create_directories(folder);
  std::ofstream{folder / "password"} << "my own secret\n";
  EXPECT_EQ(kept_secret(folder / "password", 20, 2), "my");

  EXPECT_THROW((void)kept_secret(folder / "password", 20, 8), std::runtime_error);
}

TEST_F(KeptSecret, ThatCannotBeKeptIsAnError) {
  fs::create_directories(folder);
  std::ofstream{folder / "file"} << "not a folder";

  EXPECT_THROW((void)kept_secret(folder / "file" / "password", 20, 8), std::runtime_error);
}

}  // namespace
}  // namespace parley
