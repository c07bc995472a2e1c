#include "legs/sip/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace parley::legs {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

namespace {
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
}

Connection::Connection(asio::any_io_executor executor, std::unique_ptr<MessageStream> stream, Options options,
                       OnText on_text)
    : stream_{std::move(stream)},
      options_{std::move(options)},
      on_text_{std::move(on_text)},
      queued_{executor, asio::steady_timer::time_point::max()},
      silence_{executor},
      ping_{executor} {}

void Connection::send(std::string bytes) {
  if (closed_) return;
  queued_bytes_ += bytes.size();
  if (queued_bytes_ > max_queued_bytes) return close(ConnectionEnd::slow);
  queue_.push_back(std::move(bytes));
  queued_.cancel();
}

void Connection::close(ConnectionEnd why) {
  note(why);
  closed_ = true;
  queued_.cancel();
  silence_.cancel();
  ping_.cancel();
  stream_->close(end_);
}

void Connection::note(ConnectionEnd why) {
  if (end_ == ConnectionEnd::closed) end_ = why;
}

void Connection::expect_keep_alive(Duration within) {
  silent_at_most_ = within;
  silence_.expires_after(within);
}

asio::awaitable<ConnectionEnd> Connection::run() {
  const auto opened = co_await stream_->open();
  if (!opened) note(opened.error());
  opened_ = opened.has_value() && !closed_;
  if (opened_) {
    silence_.expires_after(options_.ours ? silent_at_most_ : Duration{first_message_within});
    co_await (read() || write() || watch() || ping());
  }
  close();
  co_return end_;
}

asio::awaitable<void> Connection::read() {
  while (!closed_) {
    auto text = co_await stream_->read();
    if (!text) {
      note(text.error());
      co_return;
    }
    handle(std::move(*text));
  }
}

void Connection::handle(std::string text) {
  silence_.expires_after(silent_at_most_);
  if (text == "\r\n\r\n") return send("\r\n");  // RFC 5626 §4.4.1: ping, pong
  if (text == "\r\n") {
    ++pongs_;
    return;
  }
  heard_ = true;
  on_text_(options_.flow, std::move(text));
}

asio::awaitable<void> Connection::write() {
  while (!closed_) {
    if (queue_.empty()) {
      queued_.expires_at(asio::steady_timer::time_point::max());
      const bool goes_on = co_await wait(queued_);
      if (!goes_on) co_return;
      continue;
    }
    const bool written = co_await stream_->write(queue_.front());
    if (!written) co_return;
    queued_bytes_ -= queue_.front().size();
    queue_.pop_front();
  }
}

asio::awaitable<bool> Connection::wait(asio::steady_timer& timer) {
  co_await timer.async_wait(as_result);
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() == asio::cancellation_type::none;
}

asio::awaitable<void> Connection::watch() {
  while (!closed_) {
    const auto [error] = co_await silence_.async_wait(as_result);
    if (!error) co_return close(ConnectionEnd::silent);
    // Moved by a message, unless all of this was cancelled.
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
  }
}

// Whoever answered one ping answers all of them, or is gone (RFC 5626 §4.4.1). Some never do.
asio::awaitable<void> Connection::ping() {
  while (!closed_) {
    ping_.expires_after(options_.ours ? options_.ping_every : Duration::max() / 4);
    const bool goes_on = co_await wait(ping_);
    if (!goes_on || closed_) co_return;
    const auto before = pongs_;
    send("\r\n\r\n");
    ping_.expires_after(pong_within);
    const bool waited = co_await wait(ping_);
    if (!waited || closed_) co_return;
    if (before > 0 && pongs_ == before) co_return close(ConnectionEnd::silent);
  }
}

}  // namespace parley::legs
