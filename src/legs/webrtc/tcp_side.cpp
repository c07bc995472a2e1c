#include "legs/webrtc/tcp_side.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "net/asio_endpoint.hpp"

namespace parley::legs {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
}

std::optional<std::string> WebRtcEndpoint::TcpSide::listen(const Endpoint& at) {
  auto acceptor = std::make_unique<tcp::acceptor>(context_);
  const auto endpoint = net::to_asio(at);
  boost::system::error_code error;
  acceptor->open(endpoint.protocol(), error);
  if (!error) acceptor->set_option(asio::socket_base::reuse_address{true}, error);
  if (!error && at.address.is_v6()) acceptor->set_option(asio::ip::v6_only{true}, error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error) return error.message();
  acceptors_.push_back(std::move(acceptor));
  return std::nullopt;
}

void WebRtcEndpoint::TcpSide::start(TcpChannel::OnDatagram deliver, std::function<void(ice::Channel)> closed) {
  deliver_ = std::move(deliver);
  closed_ = std::move(closed);
  for (auto& acceptor : acceptors_) scope_.spawn(accept(*acceptor));
}

void WebRtcEndpoint::TcpSide::stop(std::move_only_function<void()> done) { scope_.cancel_then(std::move(done)); }

asio::awaitable<void> WebRtcEndpoint::TcpSide::accept(tcp::acceptor& acceptor) {
  while (true) {
    auto [error, socket] = co_await acceptor.async_accept(as_result);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of descriptors, most likely: they come back when calls end.
      log::warn("webrtc tcp accept failed reason=\"{}\"", error.message());
      asio::steady_timer pause{context_, 100ms};
      co_await pause.async_wait(as_result);
      continue;
    }
    boost::system::error_code gone;
    const auto remote = socket.remote_endpoint(gone);
    if (gone) continue;
    if (connections_.size() >= max_connections) {
      ++drops_[Drop::tcp_refused];
      continue;  // closed by its destructor
    }
    const auto channel = next_++;
    if (next_ < first_channel) next_ = first_channel;
    connections_[channel] = std::make_unique<TcpChannel>(
        std::move(socket), ice::Path{net::from_asio(remote), channel},
        [this](const ice::Path& from, std::span<std::byte> datagram, TimePoint arrival) {
          deliver_(from, datagram, arrival);
        },
        drops_);
    scope_.spawn(serve(channel));
  }
}

asio::awaitable<void> WebRtcEndpoint::TcpSide::serve(ice::Channel channel) {
  co_await connections_.at(channel)->run();
  closed_(channel);
  connections_.erase(channel);
}

void WebRtcEndpoint::TcpSide::send(ice::Channel channel, std::span<const std::byte> datagram) {
  if (const auto found = connections_.find(channel); found != connections_.end()) found->second->send(datagram);
}

void WebRtcEndpoint::TcpSide::drop(ice::Channel channel) {
  if (const auto found = connections_.find(channel); found != connections_.end()) found->second->close();
}

}  // namespace parley::legs
