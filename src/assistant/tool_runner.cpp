#include "assistant/tool_runner.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace parley::assistant {

namespace {

constexpr std::size_t max_running = 64;
constexpr std::size_t max_result = 65'536;

std::string error_result(std::string_view error) { return nlohmann::json{{"error", error}}.dump(); }

bool succeeded(const std::string& result) {
  const auto json = nlohmann::json::parse(result, nullptr, false);
  return !json.is_discarded() && !(json.is_object() && json.contains("error"));
}

}  // namespace

ToolRunner::ToolRunner(ToolSet tools, MediaTime deadline, Owner& owner)
    : tools_{std::move(tools)}, deadline_{deadline}, owner_{owner} {}

ToolRunner::~ToolRunner() { door_->runner = nullptr; }

void ToolRunner::run_round(std::vector<speech::ToolCall> calls, MediaTime now) {
  now_ = now;
  round_open_ = starting_ = true;
  for (auto& call : calls) start(std::move(call));
  starting_ = false;
}

void ToolRunner::start(speech::ToolCall call) {
  const tools::Tool* tool = tools_.tools.find(call.name);
  const bool side_effects = tool && tool->has_side_effects();
  if (side_effects && repeats(call)) {
    results_.push_back({call.id, R"({"status":"already running, not started again"})"});
    return;
  }
  if (running_.size() >= max_running) {
    results_.push_back({call.id, error_result("too many tools are running")});
    return;
  }
  const auto serial = next_serial_++;
  owner_.on_tool_started(call.name);
  running_.push_back({.serial = serial, .call = call, .started = now_, .side_effects = side_effects});
  tools_.tools.run(call, tools_.context, [door = door_, serial](std::string result) {
    if (door->runner) door->runner->finished(serial, std::move(result));
  });
}

void ToolRunner::abandon_round() {
  round_open_ = false;
  for (auto& running : running_) running.awaited = false;
}

void ToolRunner::tick(MediaTime now) {
  now_ = now;
  bool any = false;
  for (auto& running : running_) {
    if (running.overdue || now - running.started < deadline_) continue;
    running.overdue = true;
    running.awaited = false;
    any = true;
    // What changes the world may have happened: the model must not simply try again.
    results_.push_back(
        {running.call.id, error_result(running.side_effects ? "no answer in time, outcome unknown: do not repeat it"
                                                            : "no answer in time")});
    owner_.on_tool_finished(running.call.name, false, now - running.started);
  }
  if (any) notify();
}

std::optional<ToolRunner::Result> ToolRunner::poll() {
  if (results_.empty()) return {};
  auto result = std::move(results_.front());
  results_.pop_front();
  return result;
}

bool ToolRunner::take_round_finished() {
  if (!round_open_ || std::ranges::any_of(running_, &Running::awaited)) return false;
  round_open_ = false;
  return true;
}

bool ToolRunner::running() const {
  return std::ranges::any_of(running_, [](const Running& r) { return !r.overdue; });
}

void ToolRunner::finished(std::uint64_t serial, std::string result) {
  const auto running = std::ranges::find(running_, serial, &Running::serial);
  if (running == running_.end()) return;  // a tool that reports twice
  if (result.size() > max_result) result = error_result("the result is too long");
  if (!running->overdue) owner_.on_tool_finished(running->call.name, succeeded(result), now_ - running->started);
  results_.push_back({std::move(running->call.id), std::move(result)});
  running_.erase(running);
  notify();
}

bool ToolRunner::repeats(const speech::ToolCall& call) const {
  return std::ranges::any_of(running_, [&](const Running& r) {
    return r.side_effects && r.call.name == call.name && r.call.arguments == call.arguments;
  });
}

void ToolRunner::notify() {
  if (!starting_) owner_.on_results();
}

}  // namespace parley::assistant
