#include "net/scope.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/assert.hpp"
#include "base/log.hpp"

namespace parley::net {

namespace asio = boost::asio;

Scope::Scope(asio::any_io_executor executor) : executor_{std::move(executor)} {}

Scope::~Scope() {
  if (children_.empty()) return;
  const auto* loop = executor_.target<asio::io_context::executor_type>();
  PARLEY_ASSERT(loop != nullptr && loop->context().stopped());
}

void Scope::spawn(asio::awaitable<void> child) {
  if (cancelled_) return;
  const auto place = children_.emplace(children_.end());
  asio::co_spawn(executor_, std::move(child),
                 asio::bind_cancellation_slot(place->cancel.slot(), [this, place](std::exception_ptr failure) {
                   if (failure) try {
                       std::rethrow_exception(failure);
                     } catch (const boost::system::system_error& error) {
                       if (error.code() != asio::error::operation_aborted)
                         log::error("coroutine failed error=\"{}\"", error.what());
                     } catch (const std::exception& error) {
                       log::error("coroutine failed error=\"{}\"", error.what());
                     }
                   // The child's frame, and the slot it looks at, are still in use around this call.
                   asio::post(executor_, [this, place] { ended(place); });
                 }));
}

void Scope::ended(std::list<Child>::iterator child) {
  children_.erase(child);
  if (children_.empty() && when_empty_) std::exchange(when_empty_, nullptr)();
}

void Scope::cancel() {
  cancelled_ = true;
  // A child that ends in here leaves the list later (see spawn), so the walk is safe.
  for (auto& child : children_) child.cancel.emit(asio::cancellation_type::all);
}

asio::awaitable<void> Scope::join() {
  if (children_.empty()) co_return;
  PARLEY_ASSERT(!when_empty_);
  // An operation without a cancellation slot: a parent that is cancelled still waits for its children.
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [this](auto handler) {
        when_empty_ = [this, handler = std::move(handler)]() mutable { asio::post(executor_, std::move(handler)); };
      },
      asio::use_awaitable);
}

asio::awaitable<void> Scope::close() {
  cancel();
  co_await join();
}

void Scope::cancel_then(std::move_only_function<void()> done) {
  cancel();
  PARLEY_ASSERT(!when_empty_);
  auto post_done = [executor = executor_, done = std::move(done)]() mutable { asio::post(executor, std::move(done)); };
  if (children_.empty()) return post_done();
  when_empty_ = std::move(post_done);
}

asio::awaitable<void> in_scope(std::function<asio::awaitable<void>(Scope&)> body) {
  Scope scope{co_await asio::this_coro::executor};
  std::exception_ptr failure;
  try {
    co_await body(scope);
  } catch (...) {
    failure = std::current_exception();
  }
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);  // an await of the cancelled would else throw
  co_await scope.close();
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace parley::net
