// The HTTP client for coroutines. Includes Asio: for sources.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/http_client.hpp"

namespace parley::net {

/// On the client's worker. Cancelling the caller cancels the request.
inline boost::asio::awaitable<HttpClientResult> fetch(HttpClient& client, HttpClientRequest request) {
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(HttpClientResult)>(
      [&client, &request](auto handler) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        const auto id = client.start(
            std::move(request),
            [handler = std::move(handler)](HttpClientResult result) mutable { std::move(handler)(std::move(result)); });
        if (slot.is_connected()) slot.assign([&client, id](boost::asio::cancellation_type) { client.cancel(id); });
      },
      boost::asio::use_awaitable);
}

}  // namespace parley::net
