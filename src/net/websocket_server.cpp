#include "net/websocket_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket.hpp>

#include <utility>

namespace parley::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

namespace {
constexpr auto close_timeout = 5s;
}

struct ServerWebSocket::Core {
  struct Message {
    std::string data;
    bool is_text = true;
  };

  Core(Stream over, WebSocketOptions chosen)
      : options{std::move(chosen)},
        stream{std::move(over)},
        close_timer{stream.get_executor()},
        done_timer{stream.get_executor()} {}

  WebSocketOptions options;
  websocket::stream<Stream> stream;
  asio::steady_timer close_timer;  // cuts off a peer that does not answer the close, or reads nothing
  asio::steady_timer done_timer;   // wakes finish()
  beast::flat_buffer incoming;
  std::deque<Message> queue;       // front: being written, when `writing`
  std::vector<std::string> spare;  // buffers of messages that were sent
  std::size_t queued = 0;
  bool writing = false;
  bool closing = false;  // nothing more is queued
  bool close_begun = false;
  bool done = false;
  bool too_slow = false;
  websocket::close_reason reason;

  void end() {
    done = true;
    closing = true;
    close_timer.cancel();
    done_timer.cancel();
  }
};

namespace {

/// Writes what is queued, one message at a time, then the close frame when one is due.
template <class Core>
void pump(const std::shared_ptr<Core>& core) {
  if (core->writing || core->done || core->close_begun) return;
  if (!core->queue.empty()) {
    core->writing = true;
    core->stream.text(core->queue.front().is_text);
    core->stream.async_write(asio::buffer(core->queue.front().data),
                             [core](const beast::error_code& error, std::size_t) {
                               core->writing = false;
                               core->queued -= core->queue.front().data.size();
                               if (core->spare.size() < 16) core->spare.push_back(std::move(core->queue.front().data));
                               core->queue.pop_front();
                               if (error) return core->end();
                               pump(core);
                             });
    return;
  }
  if (!core->closing) return;
  core->close_begun = true;
  core->stream.async_close(core->reason, [core](const beast::error_code&) { core->end(); });
}

template <class Core>
void begin_close(const std::shared_ptr<Core>& core, std::uint16_t code, std::string_view reason) {
  if (core->closing) return;
  core->closing = true;
  core->reason.code = static_cast<websocket::close_code>(code);
  core->reason.reason = beast::string_view{reason.data(), std::min<std::size_t>(reason.size(), 120)};
  core->close_timer.expires_after(close_timeout);
  core->close_timer.async_wait([core](const beast::error_code& error) {
    if (error) return;
    beast::error_code ignored;  // it is being given up
    core->stream.next_layer().socket().close(ignored);
    core->end();
  });
  pump(core);
}

}  // namespace

ServerWebSocket::ServerWebSocket(Stream stream, WebSocketOptions options)
    : core_{std::make_shared<Core>(std::move(stream), std::move(options))} {}

ServerWebSocket::~ServerWebSocket() {
  core_->end();
  beast::error_code ignored;  // usually closed already
  core_->stream.next_layer().socket().close(ignored);
}

asio::awaitable<bool> ServerWebSocket::handshake(const Request& request) {
  auto& stream = core_->stream;
  websocket::stream_base::timeout limits{};
  limits.handshake_timeout = std::chrono::seconds{10};
  limits.idle_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(core_->options.keep_alive);
  limits.keep_alive_pings = true;
  stream.set_option(limits);
  stream.read_message_max(core_->options.message_limit);
  stream.auto_fragment(false);  // some peers of media streams do not put fragments together
  if (!core_->options.subprotocol.empty()) {
    stream.set_option(
        websocket::stream_base::decorator([chosen = core_->options.subprotocol](websocket::response_type& response) {
          response.set(beast::http::field::sec_websocket_protocol, chosen);
        }));
  }
  const auto core = core_;
  auto [error] = co_await stream.async_accept(request, asio::as_tuple(asio::use_awaitable));
  if (error) core->end();
  co_return !error;
}

asio::awaitable<Result<void, WebSocketEnd>> ServerWebSocket::read(WebSocketMessage& message) {
  const auto core = core_;
  core->incoming.consume(core->incoming.size());
  auto [error, size] = co_await core->stream.async_read(core->incoming, asio::as_tuple(asio::use_awaitable));
  if (!error) {
    const auto data = core->incoming.cdata();
    message.is_text = core->stream.got_text();
    message.data.assign(static_cast<const char*>(data.data()), data.size());
    co_return Result<void, WebSocketEnd>{};
  }
  // With a close of ours under way, its own answer ends it.
  if (!core->close_begun) core->end();
  if (core->too_slow) co_return std::unexpected(WebSocketEnd::too_slow);
  co_return std::unexpected(error == websocket::error::closed ? WebSocketEnd::closed : WebSocketEnd::failed);
}

bool ServerWebSocket::send(std::string_view data, bool is_text) {
  Core& core = *core_;
  if (core.closing) return false;
  if (core.queue.size() >= core.options.queue_messages || core.queued + data.size() > core.options.queue_bytes) {
    core.too_slow = true;
    while (core.queue.size() > (core.writing ? 1u : 0u)) {
      core.queued -= core.queue.back().data.size();
      core.queue.pop_back();
    }
    begin_close(core_, core.options.overflow_code, "too slow");
    return false;
  }
  std::string buffer;
  if (!core.spare.empty()) {
    buffer = std::move(core.spare.back());
    core.spare.pop_back();
  }
  buffer.assign(data);
  core.queued += buffer.size();
  core.queue.push_back({std::move(buffer), is_text});
  pump(core_);
  return true;
}

std::size_t ServerWebSocket::queued_bytes() const { return core_->queued; }

void ServerWebSocket::close(std::uint16_t code, std::string_view reason) { begin_close(core_, code, reason); }

asio::awaitable<void> ServerWebSocket::finish() {
  const auto core = core_;
  begin_close(core, 1000, {});
  while (!core->done) {
    core->done_timer.expires_after(close_timeout + 1s);
    auto [error] = co_await core->done_timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!error) break;
  }
}

}  // namespace parley::net
