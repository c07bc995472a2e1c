// Waiting for blocking work in a coroutine. Includes Asio: for sources.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <utility>

#include "net/pool.hpp"

namespace parley::net {

/// Runs `work` in the pool and resumes the caller where it was. False when the pool's queue is full:
/// then it did not run. Cancellation waits for the work, so `work` may use the caller's frame. Stop
/// the pool before the workers are destroyed.
inline boost::asio::awaitable<bool> run_in(BlockingPool& pool, std::move_only_function<void()> work) {
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(
      [&pool, &work](auto handler) {
        using Handler = decltype(handler);
        const auto executor = boost::asio::get_associated_executor(handler);
        const auto resume = std::make_shared<Handler>(std::move(handler));
        std::move_only_function<void()> task = [resume, executor, work = std::move(work)]() mutable {
          work();
          boost::asio::post(executor, [resume] { (*resume)(true); });
        };
        if (!pool.try_submit(std::move(task))) boost::asio::post(executor, [resume] { (*resume)(false); });
      },
      boost::asio::use_awaitable);
}

}  // namespace parley::net
