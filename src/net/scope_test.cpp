#include "net/scope.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/time.hpp"

namespace parley::net {
namespace {

namespace asio = boost::asio;

struct Counted {
  int& alive;
  explicit Counted(int& count) : alive{count} { ++alive; }
  ~Counted() { --alive; }
};

asio::awaitable<void> wait_long(int& alive) {
  const Counted counted{alive};
  asio::steady_timer timer{co_await asio::this_coro::executor, 1h};
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> return_at_once(int& alive) {
  const Counted counted{alive};
  co_return;
}

asio::awaitable<void> throw_at_once() {
  throw std::runtime_error{"a child's bug"};
  co_return;
}

void rethrow(std::exception_ptr failure) {
  if (failure) std::rethrow_exception(failure);
}

TEST(Scope, HasNoChildLeftOnceClosed) {
  asio::io_context loop;
  int alive = 0;
  bool closed = false;
  Scope scope{loop.get_executor()};
  for (int i = 0; i < 3; ++i) scope.spawn(wait_long(alive));
  scope.spawn(return_at_once(alive));
  scope.spawn(throw_at_once());

  asio::co_spawn(loop, scope.close(), [&](std::exception_ptr failure) {
    rethrow(failure);
    closed = true;
    EXPECT_EQ(alive, 0);
  });
  loop.run();

  EXPECT_TRUE(closed);
  EXPECT_EQ(scope.running(), 0u);
}

TEST(Scope, TellsAnOwnerThatIsNoCoroutineWhenTheLastChildHasEnded) {
  asio::io_context loop;
  int alive = 0;
  auto scope = std::make_unique<Scope>(loop.get_executor());
  scope->spawn(wait_long(alive));

  scope->cancel_then([&] {
    EXPECT_EQ(alive, 0);
    scope.reset();
  });
  loop.run();

  EXPECT_EQ(scope, nullptr);
}

TEST(Scope, StartsNothingAfterItWasCancelled) {
  asio::io_context loop;
  int alive = 0;
  Scope scope{loop.get_executor()};
  scope.cancel();
  scope.spawn(wait_long(alive));
  EXPECT_EQ(scope.running(), 0u);
  EXPECT_EQ(alive, 0);
}

asio::awaitable<void> spawn_and_wait(int& alive, Scope& scope) {
  scope.spawn(wait_long(alive));
  scope.spawn(wait_long(alive));
  co_await wait_long(alive);
}

TEST(InScope, JoinsTheChildrenAlsoWhenTheParentIsCancelled) {
  asio::io_context loop;
  int alive = 0;
  int alive_at_end = -1;
  asio::cancellation_signal cancel;
  asio::co_spawn(loop, in_scope([&](Scope& scope) { return spawn_and_wait(alive, scope); }),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr failure) {
                   alive_at_end = alive;
                   EXPECT_TRUE(failure);
                 }));
  loop.poll();
  EXPECT_EQ(alive, 3);

  cancel.emit(asio::cancellation_type::terminal);
  loop.run();

  EXPECT_EQ(alive_at_end, 0);
}

}  // namespace
}  // namespace parley::net
