#include "net/http_server.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <condition_variable>
#include <future>
#include <list>
#include <mutex>
#include <stdexcept>

#include "base/log.hpp"
#include "net/handshakes.hpp"
#include "net/http_connection.hpp"
#include "net/scope.hpp"
#include "net/worker.hpp"

namespace parley::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

Endpoint to_endpoint(const tcp::endpoint& from) {
  if (from.address().is_v4()) return {IpAddress::v4(from.address().to_v4().to_uint()), from.port()};
  return {IpAddress::v6(from.address().to_v6().to_bytes()), from.port()};
}

tcp::endpoint to_asio(const Endpoint& endpoint) {
  if (!endpoint.address.is_v6()) return {asio::ip::address_v4{endpoint.address.v4_host_order()}, endpoint.port};
  return {asio::ip::address_v6{endpoint.address.bytes()}, endpoint.port};
}

}  // namespace

struct HttpServer::Impl {
  /// The connections of one worker; touched there only, but for the count.
  struct Shard {
    Shard(Impl& impl, Worker& on)
        : server{impl}, worker{on}, scope{on.context().get_executor()}, handshakes{impl.handshake_counters} {}
    Impl& server;
    Worker& worker;
    Scope scope;
    Handshakes handshakes;
    std::list<HttpConnection*> live;
    std::atomic<std::size_t> count{0};  // handed over and not yet ended
    bool draining = false;

    void adopt(int fd, bool v6, Endpoint remote);
    asio::awaitable<void> serve(tcp::socket socket, Endpoint remote);
  };

  Impl(Workers& all, HttpServerConfig settings, HttpRouter routes)
      : workers{all},
        config{std::move(settings)},
        router{std::move(routes)},
        accepting{all.at(0).context().get_executor()} {
    for (std::size_t i = 0; i < workers.size(); ++i) shards.push_back(std::make_unique<Shard>(*this, workers.at(i)));
  }

  void bind();
  void listen();
  asio::awaitable<void> accept_loop(tcp::acceptor& acceptor);
  void hand_over(tcp::socket socket, Endpoint remote);
  void stop(Duration grace);
  std::size_t total() const;
  void ended(Shard& shard);

  HandshakeCounters handshake_counters;
  Workers& workers;
  const HttpServerConfig config;
  const HttpRouter router;
  Scope accepting;
  std::list<tcp::acceptor> acceptors;
  std::vector<std::unique_ptr<Shard>> shards;
  bool running = false;
  std::mutex mutex;
  std::condition_variable fewer;
};

void HttpServer::Impl::Shard::adopt(int fd, bool v6, Endpoint remote) {
  boost::system::error_code error;
  tcp::socket socket{worker.context()};
  socket.assign(v6 ? tcp::v6() : tcp::v4(), fd, error);
  if (error || draining) {
    if (error) ::close(fd);
    return server.ended(*this);
  }
  socket.set_option(tcp::no_delay{true}, error);  // small answers must not wait; a dead socket shows on reading
  scope.spawn(serve(std::move(socket), remote));
}

asio::awaitable<void> HttpServer::Impl::Shard::serve(tcp::socket socket, Endpoint remote) {
  struct Ended {
    Shard& shard;
    ~Ended() { shard.server.ended(shard); }
  } const ended{*this};
  auto stream = server.config.tls ? Stream{std::move(socket), server.config.tls} : Stream{std::move(socket)};
  const bool open = co_await handshakes.accept(stream);
  if (!open || draining) co_return;
  HttpConnection connection{std::move(stream), remote, static_cast<std::size_t>(worker.index()), server.config,
                            server.router};
  struct Listed {
    std::list<HttpConnection*>& list;
    std::list<HttpConnection*>::iterator place;
    ~Listed() { list.erase(place); }
  } const listed{live, live.insert(live.end(), &connection)};
  co_await connection.run();
}

void HttpServer::Impl::bind() {
  for (const Endpoint& endpoint : config.listen) {
    tcp::acceptor acceptor{workers.at(0).context()};
    boost::system::error_code error;
    const auto address = to_asio(endpoint);
    acceptor.open(address.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
    if (!error && endpoint.address.is_v6()) acceptor.set_option(asio::ip::v6_only{true}, error);
    if (!error) acceptor.bind(address, error);
    if (!error) acceptor.listen(1024, error);
    if (error)
      throw std::runtime_error{"http.listen: cannot listen on " + endpoint.to_string() + ": " + error.message() +
                               "; choose another address or port, or stop the program that has it"};
    acceptors.push_back(std::move(acceptor));
  }
}

void HttpServer::Impl::listen() {
  if (acceptors.empty()) bind();
  running = true;
  workers.at(0).post([this] {
    for (auto& acceptor : acceptors) accepting.spawn(accept_loop(acceptor));
  });
}

asio::awaitable<void> HttpServer::Impl::accept_loop(tcp::acceptor& acceptor) {
  asio::steady_timer pause{acceptor.get_executor()};
  for (;;) {
    tcp::endpoint remote;
    auto [error, socket] = co_await acceptor.async_accept(remote, asio::as_tuple(asio::use_awaitable));
    if (!error) {
      hand_over(std::move(socket), to_endpoint(remote));
      continue;
    }
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    // Out of descriptors or memory: others must end first. A peer that left already is no reason to wait.
    if (error == asio::error::connection_aborted) continue;
    log::warn("http accept failed error=\"{}\"", error.message());
    pause.expires_after(100ms);
    auto [cancelled] = co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    if (cancelled) co_return;
  }
}

void HttpServer::Impl::hand_over(tcp::socket socket, Endpoint remote) {
  if (total() >= config.connection_limit) {
    log::warn("http connection refused remote={} reason=\"too many\"", remote.to_string());
    return;
  }
  const auto load_of = [this](std::size_t i) {
    return config.load ? config.load(i) : shards[i]->count.load(std::memory_order_relaxed);
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < shards.size(); ++i)
    if (load_of(i) < load_of(best)) best = i;

  boost::system::error_code error;
  const int fd = socket.release(error);
  if (error) return;
  Shard& shard = *shards[best];
  shard.count.fetch_add(1, std::memory_order_relaxed);
  shard.worker.post([&shard, fd, v6 = remote.address.is_v6(), remote] { shard.adopt(fd, v6, remote); });
}

std::size_t HttpServer::Impl::total() const {
  std::size_t sum = 0;
  for (const auto& shard : shards) sum += shard->count.load(std::memory_order_relaxed);
  return sum;
}

void HttpServer::Impl::ended(Shard& shard) {
  const std::lock_guard lock{mutex};
  shard.count.fetch_sub(1, std::memory_order_relaxed);
  fewer.notify_all();
}

void HttpServer::Impl::stop(Duration grace) {
  if (!std::exchange(running, false)) return;
  const auto on_worker = [](Worker& worker, auto work) {
    if (worker.context().stopped()) return;
    std::promise<void> done;
    worker.post([&] { work([&done] { done.set_value(); }); });
    done.get_future().wait();
  };
  on_worker(workers.at(0), [this](auto done) {
    accepting.cancel_then([this, done] {
      acceptors.clear();
      done();
    });
  });
  for (auto& shard : shards)
    shard->worker.post([&shard = *shard] {
      shard.draining = true;
      for (auto* connection : shard.live) connection->drain();
    });
  {
    std::unique_lock lock{mutex};
    fewer.wait_for(lock, grace, [this] { return total() == 0; });
  }
  for (auto& shard : shards) on_worker(shard->worker, [&shard = *shard](auto done) { shard.scope.cancel_then(done); });
}

HttpServer::HttpServer(Workers& workers, HttpServerConfig config, HttpRouter router)
    : impl_{std::make_unique<Impl>(workers, std::move(config), std::move(router))} {}

HttpServer::~HttpServer() { stop(0ms); }

void HttpServer::bind() { impl_->bind(); }

void HttpServer::start() { impl_->listen(); }

std::vector<Endpoint> HttpServer::endpoints() const {
  std::vector<Endpoint> endpoints;
  for (const auto& acceptor : impl_->acceptors) endpoints.push_back(to_endpoint(acceptor.local_endpoint()));
  return endpoints;
}

std::size_t HttpServer::connections() const { return impl_->total(); }

const HandshakeCounters& HttpServer::handshakes() const { return impl_->handshake_counters; }

void HttpServer::stop(Duration grace) { impl_->stop(grace); }

}  // namespace parley::net
