#include "net/pool.hpp"

#include <future>
#include <latch>
#include <stdexcept>
#include <thread>

namespace parley::net {
namespace {

TEST(BlockingPool, RefusesWhenItsQueueIsFullAndLeavesTheWorkIntact) {
  std::latch running{1}, release{1};
  BlockingPool pool{{.name = "test", .threads = 1, .queue_limit = 1}};
  ASSERT_TRUE(pool.try_submit([&] {
    running.count_down();
    release.wait();
  }));
  running.wait();
  ASSERT_TRUE(pool.try_submit([] {}));

  std::move_only_function<void()> third = [] {};
  EXPECT_FALSE(pool.try_submit(std::move(third)));
  EXPECT_TRUE(third != nullptr);
  EXPECT_EQ(pool.depth(), 1u);
  release.count_down();
}

TEST(BlockingPool, RunsWhatIsQueuedBeforeItStops) {
  std::vector<int> order;
  BlockingPool pool{{.name = "test", .threads = 1, .queue_limit = 10}};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(pool.try_submit([&, i] { order.push_back(i); }));

  pool.stop();

  EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 4));
  EXPECT_FALSE(pool.try_submit([] {}));
}

TEST(BlockingPool, AbandonedItRunsNothingMore) {
  std::promise<void> running, release;
  int ran = 0;
  BlockingPool pool{{.name = "test", .threads = 1, .queue_limit = 10}};
  EXPECT_TRUE(pool.try_submit([&] {
    running.set_value();
    release.get_future().wait();
    ++ran;
  }));
  running.get_future().wait();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.try_submit([&] { ++ran; }));

  std::thread letting_go{[&] {
    while (pool.depth() > 0) std::this_thread::yield();  // until abandon() has emptied the queue
    release.set_value();
  }};
  pool.abandon();
  letting_go.join();

  EXPECT_EQ(ran, 1);
  EXPECT_EQ(pool.depth(), 0u);
  EXPECT_FALSE(pool.try_submit([] {}));
}

TEST(BlockingPool, SurvivesWorkThatThrows) {
  BlockingPool pool{{.name = "test"}};
  std::promise<void> next;
  EXPECT_TRUE(pool.try_submit([] { throw std::runtime_error{"no"}; }));
  EXPECT_TRUE(pool.try_submit([&] { next.set_value(); }));
  EXPECT_EQ(next.get_future().wait_for(std::chrono::seconds{10}), std::future_status::ready);
}

}  // namespace
}  // namespace parley::net
