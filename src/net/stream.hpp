// A byte stream over TCP, plain or with TLS: one type for whoever reads and writes either. Includes
// Asio: for sources, and headers of a few.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/tls.hpp"

namespace parley::net {

/// An AsyncStream (as Asio and Beast mean it). The socket's address does not change when it is moved.
class Stream {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using next_layer_type = Socket;
  using lowest_layer_type = Socket;
  using executor_type = Socket::executor_type;

  explicit Stream(Socket socket) : socket_{std::make_unique<Socket>(std::move(socket))} {}
  /// Carries nothing before shake_hands().
  Stream(Socket socket, std::shared_ptr<TlsContext> context)
      : context_{std::move(context)},
        socket_{std::make_unique<Socket>(std::move(socket))},
        tls_{std::make_unique<Tls>(*socket_, context_->native())} {}

  bool secure() const { return tls_ != nullptr; }
  Socket& socket() { return *socket_; }
  Socket& next_layer() { return *socket_; }
  const Socket& next_layer() const { return *socket_; }
  executor_type get_executor() { return socket_->get_executor(); }

  /// As the one that was called. Without TLS there is nothing to do.
  boost::asio::awaitable<boost::system::error_code> accept();
  /// As the caller of `name`, a host or an address: what the peer's certificate must be for, where the
  /// context verifies.
  boost::asio::awaitable<boost::system::error_code> shake_hands(std::string name);
  /// What was wrong with the peer's certificate; empty: nothing.
  std::string certificate_trouble() const;
  /// Says that nothing more comes (close_notify), and waits for the same.
  boost::asio::awaitable<void> say_goodbye();

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    auto initiate = [this](auto handler, const Buffers& into) {
      if (tls_) tls_->async_read_some(into, std::move(handler));
      else socket_->async_read_some(into, std::move(handler));
    };
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(std::move(initiate), token,
                                                                                            buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    auto initiate = [this](auto handler, const Buffers& from) {
      if (tls_) tls_->async_write_some(gathered(from), std::move(handler));
      else socket_->async_write_some(from, std::move(handler));
    };
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(std::move(initiate), token,
                                                                                            buffers);
  }

  template <class Handler>
  friend void async_teardown(boost::beast::role_type role, Stream& stream, Handler&& handler) {
    if (stream.tls_) stream.tls_->async_shutdown(std::forward<Handler>(handler));
    else boost::beast::websocket::async_teardown(role, *stream.socket_, std::forward<Handler>(handler));
  }

 private:
  using Tls = boost::asio::ssl::stream<Socket&>;
  static constexpr std::size_t record = 16 * 1024;

  /// One buffer is one TLS record and one system call: the many small ones of a header become one.
  template <class Buffers>
  boost::asio::const_buffer gathered(const Buffers& buffers) {
    namespace asio = boost::asio;
    const auto first = asio::buffer_sequence_begin(buffers);
    const auto last = asio::buffer_sequence_end(buffers);
    if (first == last) return {};
    const asio::const_buffer only{*first};
    if (std::next(first) == last || only.size() >= record) return only;
    flat_.resize(record);
    return asio::buffer(flat_.data(), asio::buffer_copy(asio::buffer(flat_), buffers));
  }

  std::shared_ptr<TlsContext> context_;
  std::unique_ptr<Socket> socket_;
  std::unique_ptr<Tls> tls_;  // null: plain
  std::vector<char> flat_;
};

}  // namespace parley::net
