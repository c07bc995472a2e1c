#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/api.hpp"
#include "call/event_hub.hpp"
#include "net/scope.hpp"
#include "net/worker.hpp"

namespace parley::api {

namespace asio = boost::asio;

namespace {

/// One subscriber and its WebSocket.
class EventStream {
 public:
  /// `still_allowed`: asked before events are sent, and every now and then.
  /// `visible`: asked about each event.
  EventStream(net::Worker& worker, std::function<bool()> still_allowed, std::function<bool(const call::Event&)> visible)
      : worker_{worker},
        wake_{worker.context()},
        still_allowed_{std::move(still_allowed)},
        visible_{std::move(visible)} {}

  Result<void, call::SubscribeError> subscribe(call::EventHub& hub, call::EventFilter filter,
                                               std::optional<std::string> after) {
    auto subscription = hub.subscribe(
        std::move(filter), std::move(after),
        [this](std::move_only_function<void()> work) { worker_.post(std::move(work)); }, [this] { wake_.cancel(); });
    if (!subscription) return std::unexpected(subscription.error());
    subscription_ = std::move(*subscription);
    return {};
  }

  asio::awaitable<void> run(net::WebSocket& websocket) {
    websocket_ = &websocket;
    co_await net::in_scope([this](net::Scope& scope) { return read(scope); });
  }

 private:
  asio::awaitable<void> read(net::Scope& scope) {
    scope.spawn(write());
    net::WebSocketMessage ignored;  // subscribers have nothing to say; reading answers pings and sees the end
    for (;;) {
      const auto message = co_await websocket_->read(ignored);
      if (!message) co_return;
    }
  }

  asio::awaitable<void> write() {
    constexpr std::size_t at_once = 64, enough_queued = 256 * 1024;
    for (;;) {
      if (subscription_->dropped()) co_return websocket_->close(1013, "too slow");
      if (!still_allowed_()) co_return websocket_->close(1008, "the session has ended");
      Duration pause = look_again;
      if (websocket_->queued_bytes() > enough_queued) {
        pause = 20ms;  // the hub's own bound on what is unread catches who never catches up
      } else {
        const auto events = subscription_->take(at_once);
        for (const auto& event : events)
          if (visible_(*event) && !websocket_->send_text(call::to_json(*event))) co_return;
        if (events.size() == at_once) pause = 0ms;
      }
      wake_.expires_after(pause);
      auto [error] = co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
      (void)error;  // woken, or cancelled: then the next await ends this
    }
  }

  static constexpr Duration look_again = 10s;

  net::Worker& worker_;
  asio::steady_timer wake_;
  std::function<bool()> still_allowed_;
  std::function<bool(const call::Event&)> visible_;
  net::WebSocket* websocket_ = nullptr;
  std::unique_ptr<call::EventHub::Subscription> subscription_;
};

std::set<std::string> split_types(std::string_view text) {
  std::set<std::string> types;
  while (!text.empty() && types.size() < 100) {
    const auto end = std::min(text.find_first_of(", "), text.size());
    if (end > 0) types.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return types;
}

}  // namespace

void Api::add_event_routes(net::HttpRouter& router) {
  router.add_websocket("/api/v1/events", [this](net::HttpRequest& request, net::WebSocketUpgrade& upgrade) {
    return events(request, upgrade);
  });
}

Api::Handled Api::events(net::HttpRequest& request, net::WebSocketUpgrade& upgrade) {
  auto session = authentication_.identify(request, Clock::now());
  if (!session) co_return std::move(session.error());

  call::EventFilter filter;
  filter.call_id = request.query_value("call").value_or("");
  if (session->role == store::Role::caller) {
    if (session->call_id.empty()) co_return net::problem(409, "This session has no call yet.");
    if (filter.call_id.empty()) filter.call_id = session->call_id;
  }
  // An agent may listen to everything, and hears of what is about no call and of calls of their own.
  const bool is_agent = session->role == store::Role::agent;
  if (!is_agent && !allows(*session, Access::read_own, subject_of(*session, filter.call_id, "")))
    co_return net::problem(403, "These credentials may not see these events.");
  filter.types = split_types(request.query_value("types").value_or(""));
  std::optional<std::string> after;
  if (const auto cursor = request.query_value("after"); cursor && !cursor->empty()) after = std::string{*cursor};

  EventStream stream{workers_.at(request.worker),
                     [this, session = *session] { return authentication_.alive(session, Clock::now()); },
                     [this, is_agent, extension = session->extension](const call::Event& event) {
                       return !is_agent || event.call_id.empty() || backend_.agent_has_call(extension, event.call_id);
                     }};
  const auto subscribed = stream.subscribe(events_, std::move(filter), std::move(after));
  if (!subscribed && subscribed.error() == call::SubscribeError::cursor_gone)
    co_return net::problem(410, "What came after this cursor is no longer kept. Begin without one.");
  if (!subscribed) co_return net::problem(503, "There are too many subscribers.");

  net::WebSocketOptions options;
  options.message_limit = 4096;
  net::WebSocket* websocket = co_await upgrade.accept(options);
  if (websocket != nullptr) co_await stream.run(*websocket);
  co_return net::HttpResponse{};
}

}  // namespace parley::api
