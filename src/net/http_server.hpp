// The HTTP/1.1 and WebSocket server.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/endpoint.hpp"
#include "base/time.hpp"
#include "net/http_router.hpp"

namespace parley::net {

class BlockingPool;
class TlsContext;
class Workers;
struct HandshakeCounters;

struct HttpServerConfig {
  std::vector<Endpoint> listen;           // port 0: the system picks one
  std::size_t header_limit = 16 * 1024;   // else 431
  std::size_t body_limit = 1024 * 1024;   // else 413
  std::size_t connection_limit = 10'000;  // more are closed at once
  Duration idle_timeout = 75s;            // between requests
  Duration header_timeout = 10s;          // from the first byte of a request to the end of its header, else 408
  Duration body_timeout = 30s;            // for the whole body, else 408
  Duration write_timeout = 30s;           // for each 64 KiB of an answer
  std::shared_ptr<TlsContext> tls;        // HTTPS and nothing else; null: HTTP
  BlockingPool* files = nullptr;          // where files are read; null: on the worker
  /// How busy a worker is; the least busy gets the next connection. Null: its connections count.
  /// Called on worker 0.
  std::function<std::size_t(std::size_t worker)> load;
};

/// Accepts on worker 0 and gives each connection to the least busy worker before its first byte is
/// read; there it stays.
class HttpServer {
 public:
  HttpServer(Workers& workers, HttpServerConfig config, HttpRouter router);
  /// Stops at once.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Throws std::runtime_error that names the address, the cause and the remedy when one cannot be bound.
  /// Before the workers run, a failure leaves nothing to be taken down.
  void bind();
  /// Begins to accept; the workers run or will. Binds first, unless that is done.
  void start();
  /// Where it listens, in the order of the configuration.
  std::vector<Endpoint> endpoints() const;
  std::size_t connections() const;
  const HandshakeCounters& handshakes() const;

  /// Accepts no more, lets requests under way finish, says 1001 to WebSockets; after `grace`, cuts off
  /// what is left. Blocks until all connections are gone; not from a worker's thread, and while the
  /// workers still run.
  void stop(Duration grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::net
