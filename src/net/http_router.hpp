// Which handler answers which method and path.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "net/http_message.hpp"
#include "net/websocket.hpp"

namespace parley::net {

/// Runs on the worker that the connection lives on. An exception that leaves it is logged and
/// answered with 500.
using HttpHandler = std::function<boost::asio::awaitable<HttpResponse>(HttpRequest&)>;
/// Decides first: returning without `upgrade.accept()` refuses with that response. After it, the
/// connection is a WebSocket until the handler returns, and what it returns is ignored.
using UpgradeHandler = std::function<boost::asio::awaitable<HttpResponse>(HttpRequest&, WebSocketUpgrade&)>;

/// Filled before the server starts, read by all workers afterwards.
class HttpRouter {
 public:
  /// `pattern`: literal segments and `{name}` for exactly one; a last `{name...}` takes the rest, and
  /// may be empty. Literal segments win over names. GET also answers HEAD.
  void add(std::string_view method, std::string_view pattern, HttpHandler handler);
  void add_websocket(std::string_view pattern, UpgradeHandler handler);
  /// Runs before every handler, unknown paths included; a response it returns is the answer.
  void set_guard(std::function<std::optional<HttpResponse>(const HttpRequest&)> guard) { guard_ = std::move(guard); }

  struct NotFound {};
  struct MethodNotAllowed {
    std::string allow;
  };
  struct NeedsUpgrade {};  // a WebSocket route without the upgrade
  using Match = std::variant<NotFound, MethodNotAllowed, NeedsUpgrade, const HttpHandler*, const UpgradeHandler*>;
  /// Fills `request.params` when it finds a handler.
  Match find(HttpRequest& request, bool upgrade) const;

  std::optional<HttpResponse> guard(const HttpRequest& request) const {
    return guard_ ? guard_(request) : std::nullopt;
  }

 private:
  struct Route {
    std::string method;  // empty: WebSocket
    std::vector<std::string> segments;
    std::variant<HttpHandler, UpgradeHandler> handler;
  };
  std::vector<Route> routes_;
  std::function<std::optional<HttpResponse>(const HttpRequest&)> guard_;
};

}  // namespace parley::net
