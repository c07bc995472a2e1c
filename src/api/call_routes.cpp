#include <algorithm>
#include <array>
#include <charconv>

#include "api/api.hpp"
#include "api/body.hpp"

namespace parley::api {

namespace {

net::HttpResponse accepted(const Result<void, Refusal>& result) {
  return result ? net::json_response(202, "{}") : to_response(result.error());
}

net::HttpResponse json_or_refusal(int status, Result<std::string, Refusal> result) {
  if (!result) return to_response(result.error());
  return net::json_response(status, std::move(*result));
}

std::string id_of(const net::HttpRequest& request) { return std::string{request.param("id")}; }

bool is_digits(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || c == '*' || c == '#' || (c >= 'A' && c <= 'D'); });
}

/// RFC 3339 in the two forms that are asked for: a date, or a time with its zone.
bool is_time(std::string_view text) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() != 10 && text.size() < 20) return false;
  for (std::size_t i = 0; i < std::min(shape.size(), text.size()); ++i)
    if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i]) return false;
  return text.size() == 10 || text.ends_with('Z') || text[text.size() - 6] == '+' || text[text.size() - 6] == '-';
}

constexpr std::array<std::string_view, 8> states{"arriving", "ringing",      "answered",   "with_assistant",
                                                 "queued",   "transferring", "with_agent", "ended"};

}  // namespace

void Api::add_call_routes(net::HttpRouter& router) {
  add(router, "GET", "/api/v1/calls", Access::read, &Api::list_calls);
  add(router, "POST", "/api/v1/calls", Access::admin, &Api::originate);
  add(router, "GET", "/api/v1/calls/{id}", Access::read_own, &Api::show_call);
  add(router, "DELETE", "/api/v1/calls/{id}", Access::act_own, &Api::hang_up);
  add(router, "POST", "/api/v1/calls/{id}/say", Access::admin, &Api::say);
  add(router, "POST", "/api/v1/calls/{id}/input", Access::act_own, &Api::input);
  add(router, "POST", "/api/v1/calls/{id}/play", Access::admin, &Api::play);
  add(router, "POST", "/api/v1/calls/{id}/dtmf", Access::act_own, &Api::dtmf);
  add(router, "POST", "/api/v1/calls/{id}/hold", Access::act_own, &Api::hold);
  add(router, "POST", "/api/v1/calls/{id}/unhold", Access::act_own, &Api::hold);
  add(router, "POST", "/api/v1/calls/{id}/recording/pause", Access::admin, &Api::pause_recording);
  add(router, "POST", "/api/v1/calls/{id}/recording/resume", Access::admin, &Api::pause_recording);
  add(router, "GET", "/api/v1/calls/{id}/recording", Access::read, &Api::recording);
  add(router, "GET", "/api/v1/calls/{id}/sip", Access::read, &Api::sip_trace);
}

Api::Handled Api::list_calls(net::HttpRequest& request) {
  CallFilter filter;
  std::vector<net::FieldError> errors;
  const auto text = [&](std::string_view name) { return std::string{request.query_value(name).value_or("")}; };
  if (const auto limit = request.query_value("limit")) {
    const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), filter.limit);
    if (error != std::errc{} || end != limit->data() + limit->size() || filter.limit < 1 || filter.limit > 500)
      errors.push_back({"limit", "must be a whole number from 1 to 500"});
  }
  filter.cursor = text("cursor");
  filter.state = text("state");
  filter.from = text("from");
  filter.to = text("to");
  filter.assistant = text("assistant");
  filter.since = text("since");
  filter.until = text("until");
  filter.external_id = text("external_id");
  if (!filter.state.empty() && std::ranges::find(states, filter.state) == states.end())
    errors.push_back({"state", "is not a state of calls"});
  for (const auto& [name, value] : {std::pair{"since", &filter.since}, std::pair{"until", &filter.until}})
    if (!value->empty() && !is_time(*value)) errors.push_back({name, "must be a date or time as in RFC 3339"});
  if (!errors.empty()) co_return net::problem(400, "The query is not valid.", errors);
  auto page = co_await backend_.list_calls(std::move(filter));
  co_return json_or_refusal(200, std::move(page));
}

Api::Handled Api::originate(net::HttpRequest& request) {
  Body body{request};
  Origination origination;
  origination.to = body.required_string("to", 500);
  origination.from = body.string("from", 500).value_or("");
  origination.assistant = body.string("assistant", 100).value_or("");
  origination.context = body.object("context").value_or("{}");
  origination.ring_timeout_ms = body.integer("ring_timeout_ms", 1'000, 180'000);
  auto refusal = body.refusal();
  if (refusal) co_return std::move(*refusal);
  auto call = co_await backend_.originate(std::move(origination));
  co_return json_or_refusal(201, std::move(call));
}

Api::Handled Api::show_call(net::HttpRequest& request) {
  auto call = co_await backend_.show_call(id_of(request));
  co_return json_or_refusal(200, std::move(call));
}

Api::Handled Api::hang_up(net::HttpRequest& request) {
  const auto done = co_await backend_.hang_up(id_of(request));
  co_return accepted(done);
}

Api::Handled Api::say(net::HttpRequest& request) {
  Body body{request};
  auto text = body.required_string("text", 5'000);
  const bool interrupt = body.boolean("interrupt").value_or(false);
  auto refusal = body.refusal();
  if (refusal) co_return std::move(*refusal);
  const auto done = co_await backend_.say(id_of(request), std::move(text), interrupt);
  co_return accepted(done);
}

Api::Handled Api::input(net::HttpRequest& request) {
  Body body{request};
  auto text = body.required_string("text", 5'000);
  auto refusal = body.refusal();
  if (refusal) co_return std::move(*refusal);
  const auto done = co_await backend_.input(id_of(request), std::move(text));
  co_return accepted(done);
}

Api::Handled Api::play(net::HttpRequest& request) {
  Body body{request};
  auto url = body.string("url", 2'000), file = body.string("file", 500);
  if (body.has("url") == body.has("file")) body.fail("url", "give either url or file");
  if (url && !url->starts_with("http://") && !url->starts_with("https://"))
    body.fail("url", "must begin with http:// or https://");
  if (file &&
      (file->starts_with('/') || file->find("..") != std::string::npos || file->find('\0') != std::string::npos))
    body.fail("file", "must be a path below the media folder");
  auto refusal = body.refusal();
  if (refusal) co_return std::move(*refusal);
  if (url) {
    const auto done = co_await backend_.play_url(id_of(request), std::move(*url));
    co_return accepted(done);
  }
  if (!file) co_return net::problem(400, "Nothing to play.");
  const auto done = co_await backend_.play_file(id_of(request), std::move(*file));
  co_return accepted(done);
}

Api::Handled Api::dtmf(net::HttpRequest& request) {
  Body body{request};
  auto digits = body.required_string("digits", 64);
  if (!is_digits(digits)) body.fail("digits", "must consist of 0-9, *, # and A-D");
  auto refusal = body.refusal();
  if (refusal) co_return std::move(*refusal);
  const auto done = co_await backend_.dtmf(id_of(request), std::move(digits));
  co_return accepted(done);
}

Api::Handled Api::hold(net::HttpRequest& request) {
  auto refusal = Body{request}.refusal();
  if (refusal) co_return std::move(*refusal);
  const auto done = co_await backend_.hold(id_of(request), request.path.ends_with("/hold"));
  co_return accepted(done);
}

Api::Handled Api::pause_recording(net::HttpRequest& request) {
  auto refusal = Body{request}.refusal();
  if (refusal) co_return std::move(*refusal);
  const auto done = co_await backend_.pause_recording(id_of(request), request.path.ends_with("/pause"));
  co_return accepted(done);
}

Api::Handled Api::recording(net::HttpRequest& request) {
  const auto format = request.query_value("format").value_or("wav");
  if (format != "wav" && format != "mp3")
    co_return net::problem(400, "The query is not valid.", {{"format", "must be wav or mp3"}});
  const bool mp3 = format == "mp3";
  const auto path = co_await backend_.recording(id_of(request), mp3 ? RecordingFormat::mp3 : RecordingFormat::wav);
  if (!path) co_return to_response(path.error());
  co_return net::file_response(request, *path, mp3 ? "audio/mpeg" : "audio/wav");
}

Api::Handled Api::sip_trace(net::HttpRequest& request) {
  const auto format = request.query_value("format").value_or("text");
  if (format != "text" && format != "pcap")
    co_return net::problem(400, "The query is not valid.", {{"format", "must be text or pcap"}});
  const bool pcap = format == "pcap";
  auto trace = co_await backend_.sip_trace(id_of(request), pcap);
  if (!trace) co_return to_response(trace.error());
  co_return net::text_response(200, pcap ? "application/vnd.tcpdump.pcap" : "text/plain; charset=utf-8",
                               std::move(*trace));
}

}  // namespace parley::api
