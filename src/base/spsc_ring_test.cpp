#include "base/spsc_ring.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace parley {
namespace {

TEST(SpscRing, RefusesWhenFullAndKeepsOrder) {
  SpscRing<int> ring{2};
  EXPECT_TRUE(ring.push(1));
  EXPECT_TRUE(ring.push(2));
  EXPECT_FALSE(ring.push(3));
  EXPECT_EQ(ring.pop(), 1);
  EXPECT_TRUE(ring.push(3));
  EXPECT_EQ(ring.pop(), 2);
  EXPECT_EQ(ring.pop(), 3);
  EXPECT_EQ(ring.pop(), std::nullopt);
}

TEST(SpscRing, CarriesEveryValueInOrderBetweenTwoThreads) {
  constexpr int count = 100'000;
  SpscRing<int> ring{64};
  std::thread producer{[&] {
    for (int i = 0; i < count;)
      if (ring.push(i)) ++i;
      else std::this_thread::yield();
  }};
  int expected = 0;
  while (expected < count) {
    const auto value = ring.pop();
    if (!value) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(*value, expected);
    ++expected;
  }
  producer.join();
}

}  // namespace
}  // namespace parley
