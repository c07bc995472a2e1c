#include "app/overload_guard.hpp"

#include <gtest/gtest.h>

namespace parley::app {
namespace {

using Change = OverloadGuard::Change;
constexpr std::size_t calls = 10;

TEST(OverloadGuard, ClosesInTheSecondLateSecondAndReopensAfterThreeCalmOnes) {
  OverloadGuard guard;

  EXPECT_EQ(guard.judge(150ms, calls), std::nullopt);
  EXPECT_EQ(guard.judge(150ms, calls), Change::close);
  EXPECT_EQ(guard.judge(150ms, calls), std::nullopt);
  EXPECT_EQ(guard.judge(1ms, calls), std::nullopt);
  EXPECT_EQ(guard.judge(1ms, calls), std::nullopt);
  EXPECT_EQ(guard.judge(1ms, calls), Change::reopen);
  EXPECT_EQ(guard.judge(1ms, calls), std::nullopt);
}

TEST(OverloadGuard, OneLateSecondIsForgiven) {
  OverloadGuard guard;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(guard.judge(150ms, calls), std::nullopt);
    EXPECT_EQ(guard.judge(1ms, calls), std::nullopt);
  }
}

TEST(OverloadGuard, AWorkerWithoutCallsIsNeverClosed) {
  OverloadGuard guard;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(guard.judge(500ms, 0), std::nullopt);
}

TEST(OverloadGuard, ALateSecondStartsTheWaitAnew) {
  OverloadGuard guard;
  (void)guard.judge(150ms, calls), (void)guard.judge(150ms, calls);
  (void)guard.judge(1ms, calls), (void)guard.judge(1ms, calls);

  EXPECT_EQ(guard.judge(150ms, calls), std::nullopt);
  EXPECT_EQ(guard.judge(1ms, calls), std::nullopt);
  EXPECT_EQ(guard.judge(1ms, calls), std::nullopt);
  EXPECT_EQ(guard.judge(1ms, calls), Change::reopen);
}

}  // namespace
}  // namespace parley::app
