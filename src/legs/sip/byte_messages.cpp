#include "legs/sip/byte_messages.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/log.hpp"
#include "net/asio_endpoint.hpp"
#include "net/deadline.hpp"

namespace parley::legs {

namespace asio = boost::asio;

namespace {
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr Duration connect_within = 4s, shake_hands_within = 5s;
}  // namespace

asio::awaitable<Result<void, ConnectionEnd>> ByteMessages::open() {
  if (handshakes_ == nullptr) {
    const auto called = co_await call();
    if (!called) co_return std::unexpected(called.error());
  } else {
    const bool accepted = co_await handshakes_->accept(stream_);
    if (!accepted) co_return std::unexpected(ConnectionEnd::handshake);
  }
  boost::system::error_code ignored;  // a hint to the kernel, no more
  stream_.socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
  co_return Result<void, ConnectionEnd>{};
}

asio::awaitable<Result<void, ConnectionEnd>> ByteMessages::call() {
  net::Deadline deadline{stream_.socket()};
  deadline.arm(connect_within);
  const auto [unreachable] = co_await stream_.socket().async_connect(net::to_asio(remote_), as_result);
  if (unreachable) co_return std::unexpected(ConnectionEnd::unreachable);
  deadline.arm(shake_hands_within);
  const auto error = co_await stream_.shake_hands(name_);
  deadline.disarm();
  if (!error) co_return Result<void, ConnectionEnd>{};
  const auto trouble = stream_.certificate_trouble();
  log::warn("sip tls failed remote={} name={} reason=\"{}\"", remote_.to_string(), name_,
            trouble.empty() ? error.message() : "certificate: " + trouble);
  co_return std::unexpected(trouble.empty() ? ConnectionEnd::handshake : ConnectionEnd::certificate);
}

asio::awaitable<Result<std::string, ConnectionEnd>> ByteMessages::read() {
  for (;;) {
    if (auto text = splitter_.poll()) co_return std::move(*text);
    if (splitter_.failed()) co_return std::unexpected(ConnectionEnd::not_sip);
    const auto [error, size] = co_await stream_.async_read_some(asio::buffer(buffer_), as_result);
    if (error) co_return std::unexpected(ConnectionEnd::closed);
    splitter_.receive({buffer_.data(), size});
  }
}

asio::awaitable<bool> ByteMessages::write(const std::string& message) {
  const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(message), as_result);
  co_return !error;
}

void ByteMessages::close(ConnectionEnd) {
  boost::system::error_code ignored;  // closing a broken socket is what was asked for
  stream_.socket().close(ignored);
}

}  // namespace parley::legs
