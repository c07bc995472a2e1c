#include "protocol/sip/dialog.hpp"

#include <algorithm>

namespace parley::sip {

namespace {

// More hops than this is a loop or an attack.
constexpr std::size_t max_routes = 32;

Result<Uri, ParseError> target_of(const Message& message) {
  const auto contacts = message.addresses("Contact");
  if (!contacts) return std::unexpected(contacts.error());
  if (contacts->empty()) return std::unexpected(ParseError::missing_header);
  if (!contacts->front().uri.is_sip()) return std::unexpected(ParseError::bad_uri);
  return contacts->front().uri;
}

Result<std::vector<NameAddr>, ParseError> routes_of(const Message& message) {
  auto routes = message.addresses("Record-Route");
  if (!routes) return std::unexpected(routes.error());
  if (routes->size() > max_routes) return std::unexpected(ParseError::too_large);
  for (const NameAddr& route : *routes)
    if (!route.uri.is_sip()) return std::unexpected(ParseError::bad_uri);
  return std::move(*routes);
}

}  // namespace

Result<Dialog, ParseError> Dialog::of_request(const Message& request, std::string_view local_tag) {
  Dialog dialog;
  auto target = target_of(request);
  if (!target) return std::unexpected(target.error());
  auto routes = routes_of(request);
  if (!routes) return std::unexpected(routes.error());
  dialog.call_id_ = request.call_id;
  dialog.local_ = request.to;
  dialog.local_.params.set("tag", std::string{local_tag});
  dialog.remote_ = request.from;
  dialog.remote_target_ = std::move(*target);
  dialog.routes_ = std::move(*routes);
  dialog.remote_cseq_ = request.cseq.number;
  return dialog;
}

Result<Dialog, ParseError> Dialog::of_response(const Message& request, const Message& response) {
  if (response.to.tag().empty()) return std::unexpected(ParseError::missing_header);
  Dialog dialog;
  auto routes = routes_of(response);
  if (!routes) return std::unexpected(routes.error());
  std::ranges::reverse(*routes);
  // An early response without Contact is common; the 2xx must have one, see confirm().
  auto target = target_of(response);
  if (!target && target.error() != ParseError::missing_header) return std::unexpected(target.error());
  dialog.call_id_ = request.call_id;
  dialog.local_ = request.from;
  dialog.remote_ = response.to;
  if (target) dialog.remote_target_ = std::move(*target);
  else dialog.remote_target_ = request.request_uri;
  dialog.routes_ = std::move(*routes);
  dialog.local_cseq_ = request.cseq.number;
  return dialog;
}

Message Dialog::request(std::string method) { return skeleton(std::move(method), ++local_cseq_); }

Message Dialog::ack(std::uint32_t invite_cseq) const { return skeleton("ACK", invite_cseq); }

Message Dialog::skeleton(std::string method, std::uint32_t cseq) const {
  Message request;
  request.method = std::move(method);
  request.from = local_;
  request.to = remote_;
  request.call_id = call_id_;
  request.cseq = {cseq, request.method};
  apply_route(request, remote_target_, routes_);
  return request;
}

Uri Dialog::next_hop() const { return routes_.empty() ? remote_target_ : routes_.front().uri; }

bool Dialog::accept_cseq(std::uint32_t number) {
  if (remote_cseq_ && number <= *remote_cseq_) return false;
  remote_cseq_ = number;
  return true;
}

void Dialog::refresh_target(const Message& message) {
  if (auto target = target_of(message)) remote_target_ = std::move(*target);
}

void Dialog::confirm(const Message& response) {
  refresh_target(response);
  auto routes = routes_of(response);
  if (!routes) return;
  std::ranges::reverse(*routes);
  routes_ = std::move(*routes);
}

Uri next_hop_of(const Message& request) {
  const auto routes = request.addresses("Route");
  if (routes && !routes->empty() && routes->front().uri.params.has("lr")) return routes->front().uri;
  return request.request_uri;
}

void apply_route(Message& request, const Uri& target, const std::vector<NameAddr>& routes) {
  if (routes.empty()) {
    request.request_uri = target;
    return;
  }
  if (routes.front().uri.params.has("lr")) {
    request.request_uri = target;
    for (const NameAddr& route : routes) request.add("Route", route.to_string());
    return;
  }
  // A strict router finds itself in the Request-URI and the target at the end of the Route.
  request.request_uri = routes.front().uri;
  request.request_uri.headers.clear();
  request.request_uri.params.erase("method");
  for (std::size_t i = 1; i < routes.size(); ++i) request.add("Route", routes[i].to_string());
  NameAddr last;
  last.uri = target;
  request.add("Route", last.to_string());
}

}  // namespace parley::sip
