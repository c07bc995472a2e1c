#include "app/overload_guard.hpp"

#include <gtest/gtest.h>

namespace parley::app {
namespace {

using Change = OverloadGuard::Change;

TEST(OverloadGuard, ClosesOnceAndReopensAfterThreeCalmSeconds) {
  OverloadGuard guard;

  EXPECT_EQ(guard.judge(20ms), std::nullopt);
  EXPECT_EQ(guard.judge(150ms), Change::close);
  EXPECT_EQ(guard.judge(150ms), std::nullopt);
  EXPECT_EQ(guard.judge(1ms), std::nullopt);
  EXPECT_EQ(guard.judge(1ms), std::nullopt);
  EXPECT_EQ(guard.judge(1ms), Change::reopen);
  EXPECT_EQ(guard.judge(1ms), std::nullopt);
}

TEST(OverloadGuard, ALateSecondStartsTheWaitAnew) {
  OverloadGuard guard;
  (void)guard.judge(150ms);
  (void)guard.judge(1ms), (void)guard.judge(1ms);

  EXPECT_EQ(guard.judge(150ms), std::nullopt);
  EXPECT_EQ(guard.judge(1ms), std::nullopt);
  EXPECT_EQ(guard.judge(1ms), std::nullopt);
  EXPECT_EQ(guard.judge(1ms), Change::reopen);
}

}  // namespace
}  // namespace parley::app
