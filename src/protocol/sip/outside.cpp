// Requests outside dialogs: theirs for the user (REGISTER, MESSAGE …), OPTIONS, and ours.
#include <algorithm>

#include "protocol/sip/core.hpp"
#include "protocol/sip/ids.hpp"

namespace parley::sip {

void Stack::Core::on_outside(ServerId id, Message request, const Flow& from, TimePoint now) {
  if (std::ranges::find(config.delivered_methods, request.method) != config.delivered_methods.end()) {
    asked_.emplace(id, make_response(request, 500, {}, {}));
    outputs.push(OutOfDialog{id, std::move(request), from});
    return;
  }
  if (request.method == "OPTIONS") return on_options(id, request, now);
  ++counters.unknown_dialogs;  // BYE, INFO, PRACK … belong to a dialog and name none
  reply(id, request, 481, now);
}

// RFC 3261 §11.2: what an INVITE would get, so that proxies and trunks can ask whether we are well.
void Stack::Core::on_options(ServerId id, const Message& request, TimePoint now) {
  if (refusing) return reply(id, request, 503, now, {{"Retry-After", std::to_string(refusing->count())}});
  Message response = make_response(request, 200, reason_phrase(200), make_tag(config.worker, random));
  add_capabilities(response);
  response.add("Accept", "application/sdp");
  layer.respond(id, response, now);
}

bool Stack::Core::respond(TransactionHandle handle, const Reply& answer, TimePoint now) {
  const auto found = asked_.find(handle);
  if (found == asked_.end() || answer.status < 200) return false;
  const std::string_view phrase =
      answer.reason.empty() ? reason_phrase(answer.status) : std::string_view{answer.reason};
  Message response = make_response(found->second, answer.status, phrase, make_tag(config.worker, random));
  response.headers = answer.headers;
  response.body = answer.body;
  asked_.erase(found);
  return layer.respond(handle, response, now);
}

TransactionHandle Stack::Core::request(RequestOptions options, TimePoint now) {
  const TransactionHandle handle = ++last_id_;
  Message request;
  request.method = options.method;
  request.from = std::move(options.from);
  request.from.params.set("tag", make_tag(config.worker, random));
  if (options.to) request.to = std::move(*options.to);
  else request.to.uri = options.target;
  request.call_id = make_call_id(config.worker, random);
  request.cseq = {1, options.method};
  request.headers = std::move(options.headers);
  apply_route(request, options.target, options.route);
  request.body = std::move(options.body);
  outside_[handle].digest = digest_for(options.credentials);
  layer.send(
      {.purpose = Purpose::outside, .owner = handle, .message = std::move(request), .flows = std::move(options.flows)},
      now);
  return handle;
}

void Stack::Core::on_outside_response(ResponseArrived arrived, TimePoint now) {
  const auto found = outside_.find(arrived.request.owner);
  if (found == outside_.end() || arrived.response.status < 200) return;
  if (auto again = meet_challenge(found->second.digest.get(), arrived)) {
    layer.send({.purpose = Purpose::outside,
                .owner = arrived.request.owner,
                .message = std::move(*again),
                .flows = arrived.request.flows,
                .challenges = arrived.request.challenges + 1},
               now);
    return;
  }
  outside_.erase(found);
  outputs.push(Response{arrived.request.owner, std::move(arrived.response)});
}

}  // namespace parley::sip
