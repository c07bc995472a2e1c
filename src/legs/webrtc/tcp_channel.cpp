#include "legs/webrtc/tcp_channel.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace parley::legs {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

namespace {
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
}

TcpChannel::TcpChannel(asio::ip::tcp::socket socket, ice::Path path, OnDatagram on_datagram, Drops& drops)
    : socket_{std::move(socket)},
      idle_{socket_.get_executor()},
      path_{path},
      on_datagram_{std::move(on_datagram)},
      drops_{drops},
      last_heard_{Clock::now()} {
  boost::system::error_code ignored;  // a socket that is already gone fails at the first read
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
}

asio::awaitable<void> TcpChannel::run() { co_await (read() || watch_idle()); }

asio::awaitable<void> TcpChannel::read() {
  while (!splitter_.failed()) {
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(buffer_), as_result);
    if (error) co_return;
    last_heard_ = Clock::now();
    splitter_.receive(std::span{buffer_}.first(size));
    while (const auto datagram = splitter_.poll()) {
      // Decrypted in place: the splitter's own bytes stay as they are.
      std::array<std::byte, 2'048> copy;
      std::ranges::copy(*datagram, copy.begin());
      on_datagram_(path_, std::span{copy}.first(datagram->size()), last_heard_);
    }
  }
  ++drops_[Drop::tcp_framing];
}

asio::awaitable<void> TcpChannel::watch_idle() {
  while (Clock::now() < last_heard_ + idle_limit) {
    idle_.expires_at(last_heard_ + idle_limit);
    const auto [error] = co_await idle_.async_wait(as_result);
    if (error) co_return;
  }
}

void TcpChannel::send(std::span<const std::byte> datagram) {
  if (queue_.size() >= max_queued) {
    ++drops_[Drop::tcp_behind];
    return;
  }
  queue_.push_back(stun::frame(datagram));
  if (!writing_) write_next();
}

void TcpChannel::write_next() {
  writing_ = true;
  auto written = [this, alive = alive_](const boost::system::error_code& error, std::size_t) {
    if (!*alive) return;
    writing_ = false;
    queue_.pop_front();
    if (error) return close();
    if (!queue_.empty()) write_next();
  };
  asio::async_write(socket_, asio::buffer(queue_.front()), std::move(written));
}

void TcpChannel::close() {
  boost::system::error_code ignored;  // closed is closed
  socket_.close(ignored);
}

}  // namespace parley::legs
