// The part of the API's backend that brings people into a call and takes them out of it.
#include <nlohmann/json.hpp>

#include "app/await.hpp"
#include "app/backend.hpp"
#include "store/records.hpp"

namespace parley::app {

using api::Refusal;

namespace {

std::unexpected<Refusal> refuse(int status, std::string detail) {
  return std::unexpected(Refusal{status, std::move(detail)});
}

Refusal refusal_of(call::TransferRefusal why) {
  switch (why) {
    case call::TransferRefusal::not_now: return {409, "The call is not answered yet, or ending."};
    case call::TransferRefusal::under_way: return {409, "A transfer of this call is under way."};
    case call::TransferRefusal::no_target: break;
  }
  Refusal refusal{422, "to: nobody to call: name an extension, a number or a SIP URI that can be reached"};
  refusal.errors.push_back({"to", "nobody to call"});
  return refusal;
}

}  // namespace

api::Reply<std::string> Backend::ask(std::string id, std::function<Result<std::string, Refusal>(call::Call&)> act) {
  using Answer = std::optional<Result<std::string, Refusal>>;  // nothing: not on that worker
  for (auto* worker : parts_.workers) {
    std::move_only_function<Answer()> there = [worker, &id, &act]() -> Answer {
      call::Call* const call = worker->registry().find(id);
      if (!call) return std::nullopt;
      return act(*call);
    };
    auto answer = co_await run_on<Answer>(worker->worker(), std::move(there));
    if (answer) co_return std::move(*answer);
  }
  if (co_await exists(id)) co_return refuse(409, "The call has ended.");
  co_return refuse(404, "There is no such call.");
}

api::Reply<std::string> Backend::transfer(std::string id, api::TransferOrder order) {
  return ask(std::move(id), [order = std::move(order)](call::Call& call) -> Result<std::string, Refusal> {
    call::TransferRequest request;
    request.to = order.to;
    if (order.mode == "warm") request.mode = call::TransferMode::warm;
    if (order.mode == "blind") request.mode = call::TransferMode::blind;
    if (order.timeout_ms) request.ring_timeout = std::chrono::milliseconds{*order.timeout_ms};
    request.reason = order.reason;
    request.by = order.by_caller ? call::TransferBy::caller : call::TransferBy::api;
    const auto& configured = call.transfer_options();
    if (order.by_caller &&
        ((!order.to.empty() && order.to != configured.to) || !order.mode.empty() || order.timeout_ms))
      return refuse(403, "A caller may ask for the assistant's own agent only.");
    const auto begun = call.transfer(std::move(request));
    if (!begun) return std::unexpected(refusal_of(begun.error()));
    return nlohmann::json{{"transfer_id", begun->id}}.dump();
  });
}

api::Reply<void> Backend::cancel_transfer(std::string id, bool by_caller) {
  const auto who = by_caller ? call::TransferBy::caller : call::TransferBy::api;
  return command(
      std::move(id), [who](call::Call& call) { return call.cancel_transfer(who); }, "No transfer is under way.");
}

api::Reply<void> Backend::hand_back(std::string id, std::string note) {
  return command(
      std::move(id), [note = std::move(note)](call::Call& call) { return call.hand_back(note); },
      "No agent has this call.");
}

api::Reply<std::string> Backend::add_leg(std::string id, std::string to) {
  return ask(std::move(id), [to = std::move(to)](call::Call& call) -> Result<std::string, Refusal> {
    const auto leg = call.add_party(to);
    if (!leg) return std::unexpected(refusal_of(leg.error()));
    return nlohmann::json{{"leg_id", *leg}}.dump();
  });
}

api::Reply<void> Backend::put_note(std::string id, api::Note note) {
  if (!co_await exists(id)) co_return refuse(404, "There is no such call.");
  store::NoteRow row;
  row.id = id + "/" + note.author;
  row.owner = std::move(note.author);
  row.call_id = std::move(id);
  row.text = std::move(note.text);
  row.disposition = std::move(note.disposition);
  row.created_at = std::chrono::system_clock::now();
  std::move_only_function<void(store::Reply<store::Written>)> write = [this, &row](auto reply) {
    parts_.records.add_note(std::move(row), std::move(reply));
  };
  const auto written = co_await from_store<store::Written>(std::move(write));
  if (!written) co_return refuse(503, written.error().message);
  co_return Result<void, Refusal>{};
}

}  // namespace parley::app
