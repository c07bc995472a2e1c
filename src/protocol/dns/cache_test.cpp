#include "protocol/dns/cache.hpp"

#include <gtest/gtest.h>

namespace parley::dns {
namespace {

const TimePoint start{};

Answer address(std::uint32_t number, std::chrono::seconds ttl) {
  return {.status = Answer::Status::ok, .addresses = {{IpAddress::v4(number), ttl}}};
}

TEST(Cache, KeepsAnAnswerForItsTtl) {
  Cache cache{{}};
  cache.store(QueryType::a, "Example.com.", address(1, 60s), start);

  ASSERT_TRUE(cache.find(QueryType::a, "example.COM", start + 59s));
  EXPECT_EQ(*cache.find(QueryType::a, "example.com", start + 59s), address(1, 60s));
  EXPECT_FALSE(cache.find(QueryType::aaaa, "example.com", start));
  EXPECT_FALSE(cache.find(QueryType::a, "example.com", start + 60s));
  EXPECT_EQ(cache.size(), 0u);
}

TEST(Cache, TakesTheSmallestTtlOfAnAnswerAndNeverMoreThanItsOwn) {
  Cache cache{{.longest = 1h}};
  Answer answer{.status = Answer::Status::ok, .srv = {{0, 0, 1, "a", 300s}, {0, 0, 1, "b", 20s}}};
  cache.store(QueryType::srv, "mixed", answer, start);
  cache.store(QueryType::a, "long", address(1, std::chrono::hours{24 * 365}), start);

  EXPECT_FALSE(cache.find(QueryType::srv, "mixed", start + 20s));
  EXPECT_TRUE(cache.find(QueryType::a, "long", start + 59min));
  EXPECT_FALSE(cache.find(QueryType::a, "long", start + 1h));
}

TEST(Cache, KeepsNegativeAnswersForAWhileAndFailuresNotAtAll) {
  Cache cache{{.negative = 30s}};
  cache.store(QueryType::a, "gone", {.status = Answer::Status::no_such_name}, start);
  cache.store(QueryType::a, "none", {.status = Answer::Status::no_data, .negative_ttl = 5s}, start);
  cache.store(QueryType::a, "broken", {.status = Answer::Status::failed}, start);
  cache.store(QueryType::a, "slow", {.status = Answer::Status::timed_out}, start);
  cache.store(QueryType::a, "fleeting", address(1, 0s), start);

  EXPECT_TRUE(cache.find(QueryType::a, "gone", start + 29s));
  EXPECT_FALSE(cache.find(QueryType::a, "none", start + 5s));
  EXPECT_FALSE(cache.find(QueryType::a, "broken", start));
  EXPECT_FALSE(cache.find(QueryType::a, "slow", start));
  EXPECT_FALSE(cache.find(QueryType::a, "fleeting", start));
}

TEST(Cache, ReplacesAnAnswerButNotByAFailure) {
  Cache cache{{}};
  cache.store(QueryType::a, "x", address(1, 60s), start);
  cache.store(QueryType::a, "x", address(2, 60s), start);
  cache.store(QueryType::a, "x", {.status = Answer::Status::failed}, start);

  EXPECT_EQ(*cache.find(QueryType::a, "x", start), address(2, 60s));
  EXPECT_EQ(cache.size(), 1u);
}

TEST(Cache, ForgetsTheLeastRecentlyUsedWhenFull) {
  Cache cache{{.capacity = 3}};
  for (const auto* name : {"a", "b", "c"}) cache.store(QueryType::a, name, address(1, 60s), start);
  (void)cache.find(QueryType::a, "a", start);

  cache.store(QueryType::a, "d", address(1, 60s), start);

  EXPECT_EQ(cache.size(), 3u);
  EXPECT_TRUE(cache.find(QueryType::a, "a", start));
  EXPECT_FALSE(cache.find(QueryType::a, "b", start));
}

TEST(Cache, KeepsNoMoreThanItsShareOfAHostileAnswer) {
  Cache cache{{}};
  Answer flood = address(1, 60s);
  flood.addresses.resize(10'000, flood.addresses.front());
  cache.store(QueryType::a, "flood", flood, start);

  EXPECT_LE(cache.find(QueryType::a, "flood", start)->addresses.size(), 64u);
}

}  // namespace
}  // namespace parley::dns
