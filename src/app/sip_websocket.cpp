#include "app/sip_websocket.hpp"

#include <algorithm>
#include <ranges>

#include "api/credentials.hpp"
#include "legs/sip/shell.hpp"
#include "legs/sip/websocket_messages.hpp"
#include "net/http_router.hpp"

namespace parley::app {

namespace asio = boost::asio;

namespace {

bool offers_sip(const net::HttpRequest& request) {
  for (const auto part : std::views::split(request.header("Sec-WebSocket-Protocol").value_or(""), ',')) {
    std::string_view name{part.begin(), part.end()};
    name.remove_prefix(std::min(name.find_first_not_of(" \t"), name.size()));
    name.remove_suffix(name.size() - std::min(name.find_last_not_of(" \t") + 1, name.size()));
    if (name == "sip") return true;
  }
  return false;
}

/// A proxy on this machine says whom it speaks for; what others say of themselves does not count.
sip::Flow flow_of(const net::HttpRequest& request) {
  sip::Flow flow;
  flow.transport = request.secure ? sip::Transport::wss : sip::Transport::ws;
  flow.remote = {api::client_address(request), request.remote.port};
  flow.proxied = api::is_proxied(request);
  return flow;
}

asio::awaitable<net::HttpResponse> serve(legs::SipShell& sip, net::HttpRequest& request,
                                         net::WebSocketUpgrade& upgrade) {
  if (!offers_sip(request)) co_return net::problem(400, "This WebSocket speaks the subprotocol sip (RFC 7118).");
  if (request.header("Origin") && !api::origin_is_ours(request))
    co_return net::problem(403, "A WebSocket from a page needs an Origin of this site.");
  const int worker = static_cast<int>(request.worker);
  if (!sip.takes_websocket(worker)) {
    sip.counters().count(legs::ConnectionEnd::full);
    co_return net::problem(503, "Too many connections.").with("Retry-After", "30");
  }
  auto options = legs::WebSocketMessages::options();
  net::WebSocket* websocket = co_await upgrade.accept(std::move(options));
  if (websocket == nullptr) co_return net::HttpResponse{};
  auto flow = flow_of(request);
  co_await sip.serve(worker, *websocket, std::move(flow));
  co_return net::HttpResponse{};
}

}  // namespace

void add_sip_websocket(net::HttpRouter& router, legs::SipShell& sip) {
  router.add_websocket("/sip", [&sip](net::HttpRequest& request, net::WebSocketUpgrade& upgrade) {
    return serve(sip, request, upgrade);
  });
}

}  // namespace parley::app
