// Routes that bring people into a call and take them out of it.
#include "api/api.hpp"
#include "api/body.hpp"

namespace parley::api {

namespace {

net::HttpResponse accepted(const Result<void, Refusal>& result) {
  return result ? net::json_response(202, "{}") : to_response(result.error());
}

net::HttpResponse accepted(Result<std::string, Refusal> result) {
  return result ? net::json_response(202, std::move(*result)) : to_response(result.error());
}

std::string id_of(const net::HttpRequest& request) { return std::string{request.param("id")}; }

}  // namespace

void Api::add_transfer_routes(net::HttpRouter& router) {
  add(router, "POST", "/api/v1/calls/{id}/transfer", Access::act_own, &Api::transfer);
  add(router, "DELETE", "/api/v1/calls/{id}/transfer", Access::act_own, &Api::cancel_transfer);
  add(router, "POST", "/api/v1/calls/{id}/handback", Access::admin, &Api::hand_back);
  add(router, "POST", "/api/v1/calls/{id}/legs", Access::admin, &Api::add_leg);
  add(router, "PUT", "/api/v1/calls/{id}/notes", Access::admin, &Api::put_note);
}

/// Whose request it is was checked before.
bool Api::is_caller(const net::HttpRequest& request) {
  const auto session = authentication_.look(request, Clock::now());
  return session && session->role == store::Role::caller;
}

Api::Handled Api::transfer(net::HttpRequest& request) {
  Body body{request};
  TransferOrder order;
  order.to = body.string("to", 256).value_or("");
  order.mode = body.string("mode", 16).value_or("");
  order.reason = body.string("reason", 500).value_or("");
  order.timeout_ms = body.integer("timeout_ms", 1'000, 300'000);
  const auto via = body.string("via", 16).value_or("bridge");
  if (via != "bridge") body.fail("via", "must be bridge");
  if (!order.mode.empty() && order.mode != "blind" && order.mode != "warm") body.fail("mode", "must be blind or warm");
  auto refusal = body.refusal();
  if (refusal) co_return std::move(*refusal);
  order.by_caller = is_caller(request);
  auto begun = co_await backend_.transfer(id_of(request), std::move(order));
  co_return accepted(std::move(begun));
}

Api::Handled Api::cancel_transfer(net::HttpRequest& request) {
  const auto done = co_await backend_.cancel_transfer(id_of(request), is_caller(request));
  co_return accepted(done);
}

Api::Handled Api::hand_back(net::HttpRequest& request) {
  Body body{request};
  auto note = body.string("note", 5'000).value_or("");
  auto refusal = body.refusal();
  if (refusal) co_return std::move(*refusal);
  const auto done = co_await backend_.hand_back(id_of(request), std::move(note));
  co_return accepted(done);
}

Api::Handled Api::add_leg(net::HttpRequest& request) {
  Body body{request};
  auto to = body.required_string("to", 256);
  auto refusal = body.refusal();
  if (refusal) co_return std::move(*refusal);
  auto dialled = co_await backend_.add_leg(id_of(request), std::move(to));
  co_return accepted(std::move(dialled));
}

Api::Handled Api::put_note(net::HttpRequest& request) {
  Body body{request};
  Note note;
  note.text = body.required_string("text", 20'000);
  note.disposition = body.string("disposition", 100).value_or("");
  auto refusal = body.refusal();
  if (refusal) co_return std::move(*refusal);
  const auto session = authentication_.look(request, Clock::now());
  if (session) note.author = session->user_name.empty() ? std::string{to_string(session->role)} : session->user_name;
  const auto done = co_await backend_.put_note(id_of(request), std::move(note));
  co_return accepted(done);
}

}  // namespace parley::api
