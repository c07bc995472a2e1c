// One accepted connection: requests in, answers out, one after the other. For sources of this folder.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <optional>

#include "net/deadline.hpp"
#include "net/http_server.hpp"
#include "net/stream.hpp"
#include "net/websocket_server.hpp"

namespace parley::net {

class HttpConnection {
 public:
  HttpConnection(Stream stream, Endpoint remote, std::size_t worker, const HttpServerConfig& config,
                 const HttpRouter& router);

  /// Returns when the connection is over. What it was waiting for when it is cancelled is dropped.
  boost::asio::awaitable<void> run();
  /// To end soon: an idle connection at once, others after the answer under way, a WebSocket with 1001.
  void drain();

 private:
  class Upgrade;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  boost::asio::awaitable<bool> wait_for_request();
  boost::asio::awaitable<bool> read_request();
  boost::asio::awaitable<bool> read_body();
  boost::asio::awaitable<HttpResponse> answer();
  boost::asio::awaitable<bool> upgrade();
  boost::asio::awaitable<bool> refuse(HttpResponse response);
  boost::asio::awaitable<bool> write(HttpResponse response);
  boost::asio::awaitable<bool> write_file(const FileBody& file);
  boost::asio::awaitable<void> linger();
  std::optional<HttpResponse> understand();

  Stream stream_;
  Deadline deadline_;
  const HttpServerConfig& config_;
  const HttpRouter& router_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  HttpRequest request_;
  std::optional<ServerWebSocket> websocket_;
  bool keep_alive_ = true;
  bool idle_ = false;
  bool draining_ = false;
  bool refused_ = false;  // there may be bytes that we did not read
};

}  // namespace parley::net
