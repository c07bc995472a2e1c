#include "app/backend.hpp"

#include <algorithm>

#include "app/await.hpp"
#include "app/call_json.hpp"
#include "app/dialling.hpp"
#include "base/ulid.hpp"
#include "legs/sip/shell.hpp"
#include "legs/sip/trace.hpp"

namespace parley::app {

namespace asio = boost::asio;
using api::Refusal;

namespace {

std::unexpected<Refusal> refuse(int status, std::string detail) {
  return std::unexpected(Refusal{status, std::move(detail)});
}

std::unexpected<Refusal> refuse(const store::StoreError& error) {
  using Code = store::StoreError::Code;
  if (error.code == Code::not_found) return refuse(404, "There is no such call.");
  if (error.code == Code::bad_cursor) return refuse(400, error.message);
  auto refusal = Refusal{503, error.message};
  refusal.retry_after_seconds = 1;
  return std::unexpected(std::move(refusal));
}

std::optional<WallTime> parse_time(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return parse_rfc3339(text);
}

}  // namespace

Backend::Backend(Parts parts) : parts_{std::move(parts)} {
  for (auto* worker : parts_.workers) http_clients_.push_back(std::make_unique<net::HttpClient>(worker->worker()));
}

api::Readiness Backend::readiness() const {
  api::Readiness ready;
  if (!parts_.records.healthy()) ready.reasons.emplace_back("the database is away: writes are journalled");
  if (!missing_models_.empty()) ready.reasons.push_back(missing_models_);
  // Missing models are told, but a program that answers calls by keys is ready for them.
  if (!parts_.records.healthy()) ready.status = "degraded";
  if (draining_) ready.status = "draining";
  return ready;
}

api::Reply<std::string> Backend::list_calls(api::CallFilter filter) {
  store::CallFilter wanted;
  wanted.state = filter.state, wanted.from = filter.from, wanted.to = filter.to;
  wanted.assistant = filter.assistant, wanted.external_id = filter.external_id;
  wanted.limit = filter.limit, wanted.cursor = filter.cursor;
  wanted.since = parse_time(filter.since);
  wanted.until = parse_time(filter.until);
  if (!filter.since.empty() && !wanted.since) co_return refuse(400, "since: not an RFC 3339 time");
  if (!filter.until.empty() && !wanted.until) co_return refuse(400, "until: not an RFC 3339 time");
  std::move_only_function<void(store::Reply<store::CallPage>)> ask = [this, wanted](auto reply) {
    parts_.records.list_calls(wanted, std::move(reply));
  };
  const auto page = co_await from_store<store::CallPage>(std::move(ask));
  if (!page) co_return refuse(page.error());
  co_return to_json(*page);
}

api::Reply<std::string> Backend::show_call(std::string id) {
  std::move_only_function<void(store::Reply<store::CallDetail>)> ask = [this, id](auto reply) {
    parts_.records.get_call(id, std::move(reply));
  };
  const auto detail = co_await from_store<store::CallDetail>(std::move(ask));
  if (!detail) co_return refuse(detail.error());
  co_return to_json(*detail);
}

asio::awaitable<bool> Backend::exists(std::string id) {
  const auto shown = co_await show_call(std::move(id));
  co_return shown.has_value();
}

api::Reply<void> Backend::command(std::string id, Command act, std::string conflict) {
  enum class Outcome { done, refused, not_here };
  for (auto* worker : parts_.workers) {
    std::move_only_function<Outcome()> there = [worker, &id, &act] {
      call::Call* const call = worker->registry().find(id);
      if (!call) return Outcome::not_here;
      return act(*call) ? Outcome::done : Outcome::refused;
    };
    const auto outcome = co_await run_on<Outcome>(worker->worker(), std::move(there));
    if (outcome == Outcome::done) co_return Result<void, Refusal>{};
    if (outcome == Outcome::refused) co_return refuse(409, conflict);
  }
  if (co_await exists(id)) co_return refuse(409, "The call has ended.");
  co_return refuse(404, "There is no such call.");
}

api::Reply<void> Backend::hang_up(std::string id) {
  return command(std::move(id), [](call::Call& call) { return call.hang_up(call::EndCause::api), true; }, "");
}

api::Reply<void> Backend::say(std::string id, std::string text, bool interrupt) {
  return command(
      std::move(id), [text = std::move(text), interrupt](call::Call& call) { return call.say(text, interrupt); },
      "Nothing on this call can speak now.");
}

api::Reply<void> Backend::input(std::string id, std::string text) {
  return command(
      std::move(id), [text = std::move(text)](call::Call& call) { return call.input(text); },
      "Nothing on this call takes input now.");
}

api::Reply<void> Backend::dtmf(std::string id, std::string digits) {
  return command(
      std::move(id), [digits = std::move(digits)](call::Call& call) { return call.send_dtmf(digits), true; }, "");
}

api::Reply<void> Backend::hold(std::string id, bool on) {
  return command(std::move(id), [on](call::Call& call) { return call.hold(on); }, "The call is not answered yet.");
}

api::Reply<void> Backend::pause_recording(std::string id, bool paused) {
  return command(
      std::move(id), [paused](call::Call& call) { return call.pause_recording(paused); },
      "The call is not being recorded.");
}

api::Reply<std::string> Backend::originate(api::Origination request) {
  if (draining_) co_return refuse(503, "The program is shutting down.");
  const auto trunk = parts_.trunks.choose();
  auto planned = plan_dialling(parts_.config, trunk ? &*trunk : nullptr, request);
  if (!planned) co_return std::unexpected(planned.error());
  const bool by_trunk = trunk && !request.to.starts_with("sip:");
  auto permit = may_dial(parts_.gate, {request.to, "", by_trunk ? trunk->name : ""});
  if (!permit) co_return std::unexpected(permit.error());
  planned->permit = std::move(*permit);
  auto random = Random::secure();
  planned->call_id = make_ulid(std::chrono::system_clock::now(), random);
  const std::string id = planned->call_id;

  const auto least =
      std::ranges::min_element(parts_.workers, {}, [](auto* worker) { return worker->registry().load(); });
  const int index = static_cast<int>(least - parts_.workers.begin());
  std::move_only_function<std::optional<legs::DialError>()> there = [this, index, &planned] {
    return parts_.sip.agent(index).dial(std::move(*planned));
  };
  const auto error = co_await run_on<std::optional<legs::DialError>>((*least)->worker(), std::move(there));
  if (error == legs::DialError::srtp_policy)
    co_return refuse(
        422,
        "to: the srtp policy forbids it: where SRTP is required, its keys need ;transport=tls; where it is off, browsers cannot be called");
  if (error) {
    Refusal full{503, *error == legs::DialError::full ? "All calls that the program takes are in use."
                                                      : "No RTP port is free: widen sip.rtp_ports."};
    full.retry_after_seconds = 10;
    co_return std::unexpected(std::move(full));
  }
  if (const auto settled = co_await settle(); !settled) co_return std::unexpected(settled.error());
  co_return co_await show_call(id);
}

api::Reply<void> Backend::settle() {
  std::move_only_function<void(store::Reply<store::Written>)> ask = [this](auto reply) {
    parts_.records.settle(std::move(reply));
  };
  const auto settled = co_await from_store<store::Written>(std::move(ask));
  if (!settled) co_return refuse(settled.error());
  co_return Result<void, Refusal>{};
}

api::Reply<std::string> Backend::sip_trace(std::string id, bool pcap) {
  for (std::size_t i = 0; i < parts_.workers.size(); ++i) {
    std::move_only_function<std::vector<legs::TracedMessage>()> there = [this, i, &id] {
      return parts_.sip.agent(static_cast<int>(i)).traces().of_call(id);
    };
    const auto messages =
        co_await run_on<std::vector<legs::TracedMessage>>(parts_.workers[i]->worker(), std::move(there));
    if (messages.empty()) continue;
    co_return pcap ? legs::to_pcap(messages, parts_.sip.address()) : legs::to_text(messages);
  }
  co_return refuse(404, "No SIP messages of this call are kept (any more).");
}

}  // namespace parley::app
