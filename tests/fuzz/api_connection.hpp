// A connection of the HTTP server, without a network: a pair of sockets, and a loop that the fuzzer turns.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <exception>
#include <string>
#include <string_view>

#include "api/api.hpp"
#include "api/fake_backend.hpp"
#include "base/assert.hpp"
#include "base/log.hpp"
#include "call/event_hub.hpp"
#include "net/http_connection.hpp"
#include "net/worker.hpp"
#include "observe/metrics.hpp"
#include "protocol/sdp/trickle.hpp"
#include "protocol/sdp/webrtc.hpp"

namespace parley::fuzz {

/// Reads descriptions and fragments as the program does.
class SdpBackend final : public api::FakeBackend {
 public:
  api::Reply<api::WebRtcAnswer> webrtc_offer(api::WebRtcOffer offer) override {
    const auto answered = sdp::webrtc::answer(offer.sdp, local());
    if (!answered) co_return std::unexpected(api::Refusal{422, answered.error().to_string()});
    co_return api::WebRtcAnswer{answered->description.to_string(), "c1", "ice1"};
  }
  api::Reply<api::TrickleAnswer> webrtc_trickle(std::string id, api::Trickle trickle) override {
    const auto fragment = sdp::TrickleFragment::parse(trickle.fragment);
    if (!fragment) co_return std::unexpected(api::Refusal{400, "The fragment cannot be read."});
    const bool restart = fragment->credentials.has_value();
    co_return api::TrickleAnswer{restart ? fragment->to_string() : "", id};
  }

 private:
  static sdp::webrtc::Local local() {
    sdp::webrtc::Local ours;
    ours.ice = {"abcd", "0123456789abcdef01234567"};
    ours.fingerprint.digest.resize(32);
    return ours;
  }
};

/// Everything is made anew for each input, so that an input means the same each time.
class ApiConnection {
 public:
  static constexpr const char* admin_token = "0123456789abcdef0123456789abcdef";

  ApiConnection() {
    log::set_level(log::Level::error);
    api_.add_routes(router_);
    std::array<int, 2> pair{};
    PARLEY_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()) == 0);
    ours_ = pair[0];
    PARLEY_ASSERT(::fcntl(ours_, F_SETFL, O_NONBLOCK) == 0);
    boost::asio::ip::tcp::socket socket{context()};
    socket.assign(boost::asio::ip::tcp::v4(), pair[1]);
    connection_.emplace(net::Stream{std::move(socket)}, Endpoint{IpAddress::loopback(), 4711}, 0, config_, router_);
    boost::asio::co_spawn(context(), connection_->run(), [this](std::exception_ptr error) {
      PARLEY_ASSERT(error == nullptr);
      over_ = true;
    });
  }
  ~ApiConnection() { ::close(ours_); }
  ApiConnection(const ApiConnection&) = delete;
  ApiConnection& operator=(const ApiConnection&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty() && !over_) {
      const auto sent = ::send(ours_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      turn();
    }
  }
  /// Until the server has nothing more to do without us.
  void settle() {
    while (context().poll() > 0) collect();
    collect();
  }
  /// Nothing more will be sent: the connection ends by itself, soon.
  void finish() {
    ::shutdown(ours_, SHUT_WR);
    const auto limit = Clock::now() + 10s;
    while (!over_) {
      turn();
      PARLEY_ASSERT(Clock::now() < limit);
    }
    collect();
  }
  bool over() const { return over_; }
  /// What has come since the last take.
  std::string take() { return std::exchange(received_, {}); }

 private:
  boost::asio::io_context& context() { return workers_.at(0).context(); }
  void turn() {
    context().run_one_for(1ms);
    collect();
  }
  void collect() {
    std::array<char, 16'384> buffer;
    for (;;) {
      const auto got = ::recv(ours_, buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      received_.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

  net::Workers workers_{1};  // never started
  SdpBackend backend_;
  call::EventHub hub_;
  observe::Metrics metrics_;
  store::Sessions sessions_{{}, Random::seeded(1)};
  api::Api api_{{.admin_token = admin_token,
                 .keys = {},
                 .ice_servers = {{.urls = {"turn:a"}, .secret = "north", .lifetime = std::chrono::hours{1}}},
                 .sip_address = ""},
                backend_,
                hub_,
                metrics_,
                workers_,
                sessions_};
  net::HttpRouter router_;
  net::HttpServerConfig config_;
  std::optional<net::HttpConnection> connection_;
  int ours_ = -1;
  bool over_ = false;
  std::string received_;
};

}  // namespace parley::fuzz
