#include "base/ulid.hpp"

#include <gmock/gmock.h>

namespace parley {
namespace {

TEST(Ulid, SortsByTimeAndSpellsTheSpecificationsExample) {
  auto random = Random::seeded(1);
  const WallTime time{std::chrono::milliseconds{1469918176385}};  // the spec's own example
  const auto first = make_ulid(time, random);
  const auto second = make_ulid(time + 1ms, random);

  EXPECT_THAT(first, ::testing::StartsWith("01ARYZ6S41"));
  EXPECT_EQ(first.size(), 26u);
  EXPECT_LT(first, second);
}

TEST(Time, IsWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(format_rfc3339(WallTime{std::chrono::milliseconds{951782400007}}), "2000-02-29T00:00:00.007Z");
}

}  // namespace
}  // namespace parley
