#include "legs/sip/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace parley::legs {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

namespace {
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
}

Connection::Connection(asio::ip::tcp::socket socket, ConnectionRef ref, Endpoint remote, OnText on_text)
    : socket_{std::move(socket)},
      flow_{sip::Transport::tcp, remote, ref.packed()},
      on_text_{std::move(on_text)},
      queued_{socket_.get_executor(), asio::steady_timer::time_point::max()},
      silence_{socket_.get_executor()} {}

void Connection::send(std::string bytes) {
  if (closed_) return;
  queued_bytes_ += bytes.size();
  if (queued_bytes_ > max_queued_bytes) return close();
  queue_.push_back(std::move(bytes));
  queued_.cancel();
}

void Connection::close() {
  closed_ = true;
  queued_.cancel();
  silence_.cancel();
  boost::system::error_code ignored;  // closing a broken socket is what was asked for
  socket_.close(ignored);
}

void Connection::expect_keep_alive(Duration within) {
  silent_at_most_ = within;
  silence_.expires_after(within);
}

asio::awaitable<void> Connection::run() {
  boost::system::error_code ignored;  // a hint to the kernel, no more
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  silence_.expires_after(first_message_within);
  co_await (read() || write() || watch());
  close();
}

asio::awaitable<void> Connection::read() {
  std::array<char, 16'384> buffer;
  while (!closed_) {
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(buffer), as_result);
    if (error) co_return;
    splitter_.receive({buffer.data(), size});
    while (auto text = splitter_.poll()) handle(std::move(*text));
    if (splitter_.failed()) co_return;
  }
}

void Connection::handle(std::string text) {
  silence_.expires_after(silent_at_most_);
  if (text == "\r\n\r\n") return send("\r\n");  // RFC 5626 §4.4.1: ping, pong
  if (text == "\r\n") return;
  on_text_(flow_, std::move(text));
}

asio::awaitable<void> Connection::write() {
  while (!closed_) {
    if (queue_.empty()) {
      // Cancelled by send(), or by the end of the connection: the loop's condition tells.
      co_await queued_.async_wait(as_result);
      if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
      continue;
    }
    const auto& next = queue_.front();
    const auto [error, size] = co_await asio::async_write(socket_, asio::buffer(next), as_result);
    if (error) co_return;
    queued_bytes_ -= size;
    queue_.pop_front();
  }
}

asio::awaitable<void> Connection::watch() {
  while (!closed_) {
    const auto [error] = co_await silence_.async_wait(as_result);
    if (!error) co_return;  // silent too long
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
  }
}

}  // namespace parley::legs
