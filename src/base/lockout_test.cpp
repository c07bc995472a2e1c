#include "base/lockout.hpp"

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(Lockout, LocksAtTheFifthWrongTryUntilTheFirstIsFifteenMinutesOld) {
  Lockout lockout;
  const TimePoint start{};

  for (int i = 0; i < 4; ++i) EXPECT_FALSE(lockout.wrong("a", start + i * 1min));
  EXPECT_FALSE(lockout.locked("a", start + 4min));
  EXPECT_TRUE(lockout.wrong("a", start + 4min));

  EXPECT_TRUE(lockout.locked("a", start + 14min));
  EXPECT_EQ(lockout.locked_until("a", start + 14min), start + 15min);
  EXPECT_FALSE(lockout.locked("a", start + 15min));
  EXPECT_FALSE(lockout.locked("b", start + 4min));
}

TEST(Lockout, ForgetsOldTriesAndRightAnswers) {
  Lockout lockout;
  const TimePoint start{};

  for (int i = 0; i < 20; ++i) EXPECT_FALSE(lockout.wrong("slow", start + i * 4min));
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(lockout.wrong("clumsy", start));
    if (i % 4 == 3) lockout.right("clumsy");
  }
}

TEST(Lockout, TriesWhileLockedDoNotLengthenIt) {
  Lockout lockout;
  const TimePoint start{};
  for (int i = 0; i < 5; ++i) lockout.wrong("a", start);

  for (int i = 1; i < 15; ++i) EXPECT_FALSE(lockout.wrong("a", start + i * 1min));

  EXPECT_FALSE(lockout.locked("a", start + 15min));
}

TEST(Lockout, KeepsTheLatestKeysWhenFull) {
  Lockout lockout{{.wrong = 2, .window = 1min, .keys = 3}};
  const TimePoint now{};

  for (const auto* key : {"a", "b", "c", "a", "d", "e"}) lockout.wrong(key, now);

  EXPECT_EQ(lockout.keys(), 3u);
  EXPECT_TRUE(lockout.locked("a", now));
  EXPECT_FALSE(lockout.wrong("b", now));  // it had made room and begins anew
}

}  // namespace
}  // namespace parley
