// Awaiting what happens on another worker, in the store, or in a pool. Includes Asio: for sources.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <utility>

#include "base/assert.hpp"
#include "net/worker.hpp"
#include "store/records.hpp"

namespace parley::app {

/// Runs `work` on `target` and resumes here with what it returned.
template <class T>
boost::asio::awaitable<T> run_on(net::Worker& target, std::move_only_function<T()> work) {
  net::Worker* const here = net::Worker::current();
  PARLEY_ASSERT(here);
  auto initiate = [&target, here, &work](auto handler) {
    std::move_only_function<void()> there = [here, work = std::move(work), handler = std::move(handler)]() mutable {
      auto result = work();
      std::move_only_function<void()> back = [handler = std::move(handler), result = std::move(result)]() mutable {
        std::move(handler)(std::move(result));
      };
      here->post(std::move(back));
    };
    target.post(std::move(there));
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
      std::move(initiate), boost::asio::use_awaitable);
}

/// Asks the store: `ask` gets the reply to hand to one of Records' functions.
template <class T>
boost::asio::awaitable<Result<T, store::StoreError>> from_store(std::move_only_function<void(store::Reply<T>)> ask) {
  net::Worker* const here = net::Worker::current();
  PARLEY_ASSERT(here);
  auto initiate = [here, &ask](auto handler) {
    store::Post post = [here](std::move_only_function<void()> work) { here->post(std::move(work)); };
    typename store::Reply<T>::Callback then = [handler =
                                                   std::move(handler)](Result<T, store::StoreError> result) mutable {
      std::move(handler)(std::move(result));
    };
    ask(store::Reply<T>{std::move(post), std::move(then)});
  };
  using Answer = Result<T, store::StoreError>;
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Answer)>(
      std::move(initiate), boost::asio::use_awaitable);
}

}  // namespace parley::app
