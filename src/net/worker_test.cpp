#include "net/worker.hpp"

#include <boost/asio/io_context.hpp>

#include <pthread.h>
#include <csignal>
#include <future>

namespace parley::net {
namespace {

TEST(Worker, RunsWhatIsPostedOnItsOwnThreadInOrder) {
  Workers workers{2};
  workers.start();
  std::promise<std::vector<int>> order;
  auto seen = std::make_shared<std::vector<int>>();

  for (int i = 0; i < 3; ++i) workers.at(1).post([seen, i] { seen->push_back(i); });
  workers.at(1).post([&, seen] {
    seen->push_back(Worker::current()->index());
    order.set_value(*seen);
  });

  EXPECT_THAT(order.get_future().get(), testing::ElementsAre(0, 1, 2, 1));
  EXPECT_EQ(Worker::current(), nullptr);
  EXPECT_FALSE(workers.at(1).is_current());
}

TEST(Worker, CountsWhatIsPostedAndNotYetRun) {
  Workers workers{1};
  workers.at(0).post([] {});
  workers.at(0).post([] {});
  EXPECT_EQ(workers.at(0).depth(), 2u);

  workers.start();
  std::promise<std::size_t> depth;
  workers.at(0).post([&] { depth.set_value(workers.at(0).depth()); });

  EXPECT_EQ(depth.get_future().get(), 0u);
}

TEST(Worker, DestroysUnrunWhatIsPostedAfterTheStop) {
  const auto held = std::make_shared<int>(1);
  {
    Workers workers{1};
    workers.start();
    workers.stop();
    workers.join();
    workers.at(0).post([held] { FAIL(); });
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Worker, KeepsSignalsAwayAndHasAName) {
  Workers workers{1};
  workers.start();
  std::promise<std::string> name;
  workers.at(0).post([&] {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    EXPECT_TRUE(sigismember(&mask, SIGTERM));
    EXPECT_FALSE(sigismember(&mask, SIGSEGV));
    std::array<char, 16> text{};
    pthread_getname_np(pthread_self(), text.data(), text.size());
    name.set_value(text.data());
  });

  EXPECT_EQ(name.get_future().get(), "worker-0");
}

}  // namespace
}  // namespace parley::net
