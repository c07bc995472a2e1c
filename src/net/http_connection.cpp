#include "net/http_connection.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <array>

#include "base/log.hpp"
#include "net/pool_await.hpp"

namespace parley::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

bool is_end_of_stream(const beast::error_code& error) {
  return error == http::error::end_of_stream || error == asio::error::eof || error == asio::error::connection_reset ||
         error == asio::error::operation_aborted || error == asio::error::bad_descriptor;
}

/// What a peer that broke HTTP is told.
HttpResponse broken(const beast::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return problem(431, "The request's header is too large.");
  if (error == http::error::body_limit) return problem(413, "The request's body is too large.");
  if (error == http::error::bad_version) return problem(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.");
  return problem(400, "The request is not well-formed HTTP: " + error.message() + ".");
}

std::string without_line_breaks(std::string text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return text;
}

template <class Message>
void set_headers(Message& message, const HttpResponse& response, bool keep_alive) {
  for (const auto& [name, value] : response.headers)
    message.insert(without_line_breaks(name), without_line_breaks(value));
  message.keep_alive(keep_alive);
}

}  // namespace

HttpConnection::HttpConnection(Stream stream, Endpoint remote, std::size_t worker, const HttpServerConfig& config,
                               const HttpRouter& router)
    : stream_{std::move(stream)},
      deadline_{stream_.socket()},
      config_{config},
      router_{router},
      buffer_{config.header_limit + 64 * 1024} {
  request_.remote = remote;
  request_.worker = worker;
  request_.secure = stream_.secure();
}

void HttpConnection::drain() {
  draining_ = true;
  if (websocket_) return websocket_->close(1001, "shutting down");
  if (!idle_) return;
  boost::system::error_code ignored;  // a closed socket is idle no more
  stream_.socket().cancel(ignored);
}

asio::awaitable<void> HttpConnection::run() {
  while (co_await wait_for_request()) {
    if (!co_await read_request()) break;
    if (beast::websocket::is_upgrade(parser_->get())) {
      if (co_await upgrade()) co_return;
      break;
    }
    if (!co_await read_body()) break;
    HttpResponse response = co_await answer();
    keep_alive_ = keep_alive_ && !draining_;
    if (!co_await write(std::move(response)) || !keep_alive_) break;
  }
  co_await linger();
}

asio::awaitable<bool> HttpConnection::wait_for_request() {
  if (buffer_.size() > 0) co_return true;  // pipelined
  if (draining_) co_return false;
  idle_ = true;
  deadline_.arm(config_.idle_timeout);
  auto [error, size] = co_await stream_.async_read_some(buffer_.prepare(4096), as_tuple);
  deadline_.disarm();
  idle_ = false;
  buffer_.commit(size);
  co_return !error;
}

/// The header, checked; false when the connection ends, which the peer was told if it can be.
asio::awaitable<bool> HttpConnection::read_request() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(config_.header_limit));
  parser_->body_limit(config_.body_limit);
  deadline_.arm(config_.header_timeout);
  auto [error, size] = co_await http::async_read_header(stream_, buffer_, *parser_, as_tuple);
  deadline_.disarm();
  if (error && deadline_.expired()) co_return co_await refuse(problem(408, "The request's header took too long."));
  if (error && is_end_of_stream(error)) co_return false;
  if (error) co_return co_await refuse(broken(error));
  auto refusal = understand();
  if (refusal) co_return co_await refuse(std::move(*refusal));
  co_return true;
}

/// Turns Beast's header into ours.
std::optional<HttpResponse> HttpConnection::understand() {
  const auto& header = parser_->get();
  keep_alive_ = header.keep_alive();
  const auto text = [](beast::string_view view) { return std::string{view.data(), view.size()}; };
  request_.method = text(header.method_string());
  request_.target = text(header.target());
  request_.headers.clear();
  request_.params.clear();
  request_.body.clear();
  for (const auto& field : header) request_.headers.emplace_back(text(field.name_string()), text(field.value()));
  if (header.version() >= 11 && header.count(http::field::host) != 1)
    return problem(400, "HTTP/1.1 requests have exactly one Host.");

  std::string_view target = request_.target;
  for (const std::string_view scheme : {"http://", "https://"}) {  // absolute form: RFC 9112 §3.2.2
    if (!target.starts_with(scheme)) continue;
    const auto slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
    break;
  }
  auto parsed = parse_target(target);
  if (!parsed) return problem(400, "The request's target is malformed.");
  request_.path = std::move(parsed->path);
  request_.query = std::move(parsed->query);
  return std::nullopt;
}

asio::awaitable<bool> HttpConnection::read_body() {
  deadline_.arm(config_.body_timeout);
  if (!parser_->is_done() && request_.header("Expect") == "100-continue" && buffer_.size() == 0) {
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    auto [error, size] = co_await asio::async_write(stream_, asio::buffer(go_on), as_tuple);
    if (error) co_return false;
  }
  auto [error, size] = co_await http::async_read(stream_, buffer_, *parser_, as_tuple);
  deadline_.disarm();
  if (error && deadline_.expired()) co_return co_await refuse(problem(408, "The request's body took too long."));
  if (error && (is_end_of_stream(error) || error == http::error::partial_message)) co_return false;
  if (error) co_return co_await refuse(broken(error));
  request_.body = std::move(parser_->get().body());
  co_return true;
}

asio::awaitable<HttpResponse> HttpConnection::answer() {
  if (auto refusal = router_.guard(request_)) co_return std::move(*refusal);
  const auto match = router_.find(request_, false);
  if (const auto* other = std::get_if<HttpRouter::MethodNotAllowed>(&match))
    co_return problem(405, "This path does not take " + request_.method + ".").with("Allow", other->allow);
  if (std::holds_alternative<HttpRouter::NeedsUpgrade>(match))
    co_return problem(426, "This path is a WebSocket.").with("Upgrade", "websocket").with("Connection", "Upgrade");
  const auto* handler = std::get_if<const HttpHandler*>(&match);
  if (handler == nullptr) co_return problem(404, "There is nothing at this path.");
  try {
    co_return co_await (**handler)(request_);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    log::error("http handler failed path={} error=\"{}\"", request_.path, error.what());
  } catch (const std::exception& error) {
    log::error("http handler failed path={} error=\"{}\"", request_.path, error.what());
  }
  co_return problem(500, "The server failed.");
}

class HttpConnection::Upgrade final : public WebSocketUpgrade {
 public:
  explicit Upgrade(HttpConnection& connection) : connection_{connection} {}

  asio::awaitable<WebSocket*> accept(WebSocketOptions options) override {
    auto& websocket = connection_.websocket_;
    websocket.emplace(std::move(connection_.stream_), std::move(options));
    const auto request = connection_.parser_->release();
    if (!co_await websocket->handshake(request)) co_return nullptr;
    if (connection_.draining_) websocket->close(1001, "shutting down");
    co_return &*websocket;
  }

 private:
  HttpConnection& connection_;
};

/// True when the connection became a WebSocket and that is over.
asio::awaitable<bool> HttpConnection::upgrade() {
  if (!parser_->is_done() || buffer_.size() > 0) {
    co_await refuse(problem(400, "An upgrade has no body, and nothing follows it before the answer."));
    co_return false;
  }
  if (auto refusal = router_.guard(request_)) {
    co_await refuse(std::move(*refusal));
    co_return false;
  }
  const auto match = router_.find(request_, true);
  const auto* handler = std::get_if<const UpgradeHandler*>(&match);
  if (handler == nullptr) {
    HttpResponse response = co_await answer();  // RFC 9110 §7.8: an upgrade may be ignored
    co_await refuse(std::move(response));
    co_return false;
  }
  HttpResponse response = problem(500, "The server failed.");
  Upgrade upgrade{*this};
  try {
    response = co_await (**handler)(request_, upgrade);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    log::error("websocket handler failed path={} error=\"{}\"", request_.path, error.what());
  } catch (const std::exception& error) {
    log::error("websocket handler failed path={} error=\"{}\"", request_.path, error.what());
  }
  if (!websocket_) {
    co_await refuse(std::move(response));
    co_return false;
  }
  co_await websocket_->finish();
  co_return true;
}

/// Always false, so that it can be returned.
asio::awaitable<bool> HttpConnection::refuse(HttpResponse response) {
  keep_alive_ = false;
  refused_ = true;
  co_await write(std::move(response));
  co_return false;
}

asio::awaitable<bool> HttpConnection::write(HttpResponse response) {
  const auto* text = std::get_if<std::string>(&response.body);
  const auto* file = std::get_if<FileBody>(&response.body);
  const bool bare = request_.method == "HEAD" || response.status == 304 || response.status == 204;
  const std::uint64_t length = text != nullptr ? text->size() : file->size;
  const auto status = static_cast<http::status>(response.status);

  deadline_.arm(config_.write_timeout);
  boost::system::error_code error;
  std::size_t size = 0;
  if (bare || file != nullptr) {
    http::response<http::empty_body> message{status, 11};
    set_headers(message, response, keep_alive_);
    if (response.status != 304 && response.status != 204) message.content_length(length);
    http::response_serializer<http::empty_body> serializer{message};
    std::tie(error, size) = co_await http::async_write_header(stream_, serializer, as_tuple);
    if (!error && !bare) {
      const bool complete = co_await write_file(*file);
      co_return complete;
    }
  } else {
    http::response<http::string_body> message{status, 11};
    set_headers(message, response, keep_alive_);
    message.body() = std::get<std::string>(std::move(response.body));
    message.content_length(length);
    std::tie(error, size) = co_await http::async_write(stream_, message, as_tuple);
  }
  deadline_.disarm();
  co_return !error;
}

/// The answer's length is already told: a file that became shorter ends the connection.
asio::awaitable<bool> HttpConnection::write_file(const FileBody& file) {
  constexpr std::size_t block = 64 * 1024;
  struct Descriptor {
    int fd;
    ~Descriptor() {
      if (fd >= 0) ::close(fd);
    }
  } descriptor{-1};
  std::vector<char> buffer(std::min<std::uint64_t>(block, file.size));
  std::uint64_t sent = 0;
  ssize_t got = 0;
  while (sent < file.size) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), file.size - sent));
    auto read = [&descriptor, &file, &buffer, &got, wanted, sent] {
      if (descriptor.fd < 0) descriptor.fd = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
      got = descriptor.fd < 0 ? -1
                              : ::pread(descriptor.fd, buffer.data(), wanted, static_cast<off_t>(file.offset + sent));
    };
    if (config_.files == nullptr) {
      read();
    } else {
      std::move_only_function<void()> work = std::move(read);
      const bool ran = co_await run_in(*config_.files, std::move(work));
      if (!ran) log::warn("http file not sent path={} error=\"queue full\"", file.path.string());
      if (!ran) co_return false;
    }
    if (got <= 0) co_return false;
    deadline_.arm(config_.write_timeout);
    auto [error, size] =
        co_await asio::async_write(stream_, asio::buffer(buffer.data(), static_cast<std::size_t>(got)), as_tuple);
    deadline_.disarm();
    if (error) co_return false;
    sent += size;
  }
  co_return true;
}

/// Closing with unread bytes makes the system reset the connection, and the peer may lose our answer:
/// so what still comes is read for a moment.
asio::awaitable<void> HttpConnection::linger() {
  if (!stream_.socket().is_open()) co_return;
  if (stream_.secure()) {
    deadline_.arm(2s);
    co_await stream_.say_goodbye();
    deadline_.disarm();
    co_return;
  }
  if (!refused_) co_return;
  boost::system::error_code failure;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, failure);
  std::array<char, 4096> scratch;
  deadline_.arm(2s);
  for (int i = 0; i < 1024 && !failure; ++i) {
    auto [error, size] = co_await stream_.async_read_some(asio::buffer(scratch), as_tuple);
    failure = error;
  }
  deadline_.disarm();
}

}  // namespace parley::net
