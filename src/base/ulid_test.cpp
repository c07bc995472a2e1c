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

TEST(Time, IsReadBackAsItWasWritten) {
  const WallTime time{std::chrono::milliseconds{1469918176385}};
  EXPECT_EQ(parse_rfc3339(format_rfc3339(time)), time);
}

TEST(Time, TakesOffsetsAndNoFraction) {
  EXPECT_EQ(parse_rfc3339("2026-01-31T10:30:00+01:00"), parse_rfc3339("2026-01-31T09:30:00Z"));
  EXPECT_EQ(parse_rfc3339("2026-01-31T09:30:00.5Z"), *parse_rfc3339("2026-01-31T09:30:00Z") + 500ms);
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const auto* text : {"", "2026-01-31", "2026-01-31T09:30:00", "2026-13-31T09:30:00Z", "2026-01-31T09:30:00.Z",
                           "2026-01-31T09:30:00+1", "2026-01-31T09:30:00Zz", "yesterday"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

}  // namespace
}  // namespace parley
