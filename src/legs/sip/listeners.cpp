#include "legs/sip/listeners.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "legs/sip/shell.hpp"
#include "legs/sip/worker_shell.hpp"
#include "net/asio_endpoint.hpp"
#include "protocol/stun/binding.hpp"

namespace parley::legs {

namespace asio = boost::asio;

namespace {
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
// At most this many signalling datagrams are handled between two looks at the loop, so that a flood
// of them cannot hold up the media clock.
constexpr std::size_t datagrams_at_once = 32;
constexpr std::size_t max_datagram = 65'535;
}  // namespace

UdpListener::UdpListener(SipShell& shell, net::UdpSocket socket, asio::io_context& context)
    : shell_{shell},
      socket_{std::move(socket)},
      readable_{context, socket_.native_handle()},
      batch_{datagrams_at_once, max_datagram} {}

UdpListener::~UdpListener() { close(); }

void UdpListener::close() {
  if (readable_.is_open()) readable_.release();  // the socket itself stays, for the last answers
}

asio::awaitable<void> UdpListener::run() {
  const Endpoint local = socket_.local_endpoint();
  while (true) {
    const auto [error] = co_await readable_.async_wait(asio::posix::stream_descriptor::wait_read, as_result);
    if (error) co_return;
    const auto count = socket_.receive(batch_);
    if (!count) {
      log::error("sip listener failed listen={} reason=\"{}\"", local.to_string(), count.error().message());
      co_return;
    }
    for (const auto& received : batch_.received()) {
      // RFC 5626 §8: a phone behind a NAT keeps its binding alive, and learns when it moved. No SIP begins so.
      if (const auto answer = stun::answer_binding(received.datagram, received.from)) {
        if (socket_.send_to(*answer, received.from))
          log::debug("stun answer not sent to={}", received.from.to_string());
        continue;
      }
      const auto text = as_text(received.datagram);
      if (text.find_first_not_of("\r\n") == std::string_view::npos) continue;  // keep-alive (RFC 5626 §3.5.1)
      shell_.receive(0, {sip::Transport::udp, received.from, 0}, std::string{text});
    }
  }
}

Endpoint TcpListener::local() const { return net::from_asio(acceptor_.local_endpoint()); }

void TcpListener::close() {
  boost::system::error_code ignored;  // it is going away
  acceptor_.close(ignored);
}

asio::awaitable<void> TcpListener::run() {
  while (acceptor_.is_open()) {
    auto [error, accepted] = co_await acceptor_.async_accept(as_result);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of descriptors, most likely: wait for some to be given back rather than spin.
      log::warn("sip accept failed reason=\"{}\"", error.message());
      asio::steady_timer pause{acceptor_.get_executor(), 100ms};
      co_await pause.async_wait(as_result);
      continue;
    }
    boost::system::error_code gone;
    const auto remote = accepted.remote_endpoint(gone);
    if (!gone) shell_.hand_over(std::move(accepted), net::from_asio(remote), transport_);
  }
}

}  // namespace parley::legs
