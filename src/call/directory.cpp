#include "call/directory.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "call/event_hub.hpp"

namespace parley::call {
namespace {

constexpr std::string_view names[] = {"offline", "available", "ringing", "busy", "wrap_up", "away"};

bool may_be_chosen(Presence presence) {
  return presence == Presence::available || presence == Presence::away || presence == Presence::wrap_up;
}

}  // namespace

std::string_view to_string(Presence presence) { return names[static_cast<std::size_t>(presence)]; }

std::optional<Presence> parse_presence(std::string_view name) {
  const auto* found = std::ranges::find(names, name);
  if (found == std::end(names)) return std::nullopt;
  return static_cast<Presence>(found - names);
}

bool Agent::has_call(std::string_view call_id) const { return std::ranges::find(calls, call_id) != calls.end(); }

std::shared_ptr<const Agent> Roster::find(std::string_view extension) const {
  const auto found = agents_.find(extension);
  return found == agents_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const Agent>> Roster::of_queue(std::string_view queue) const {
  std::vector<std::shared_ptr<const Agent>> members;
  for (const auto& [extension, agent] : agents_)
    if (std::ranges::find(agent->queues, queue) != agent->queues.end()) members.push_back(agent);
  return members;
}

Presence Directory::State::presence() const {
  const auto does = [this](Activity wanted) {
    return std::ranges::any_of(calls, [wanted](const auto& call) { return call.second == wanted; });
  };
  if (does(Activity::in_call)) return Presence::busy;  // even when the telephone's registration is lost meanwhile
  if (does(Activity::ringing)) return Presence::ringing;
  return agent.contacts.empty() ? Presence::offline : chosen;
}

Directory::Directory(std::vector<Entry> agents, Post post, WallClock wall_clock, EventHub* events)
    : post_{std::move(post)}, wall_clock_{std::move(wall_clock)}, events_{events} {
  Roster::Agents all;
  for (Entry& entry : agents) {
    Agent agent{.extension = entry.extension,
                .name = std::move(entry.name),
                .queues = std::move(entry.queues),
                .supervisor = entry.supervisor,
                .since = wall_clock_(),
                .contacts = {},
                .calls = {}};
    all.emplace(entry.extension, std::make_shared<const Agent>(agent));
    states_.emplace(std::move(entry.extension), State{std::move(agent), Presence::available, {}});
  }
  roster_.store(std::make_shared<const Roster>(std::move(all)));
}

Directory::State* Directory::state_of(std::string_view extension) {
  const auto found = states_.find(extension);
  return found == states_.end() ? nullptr : &found->second;
}

void Directory::publish(State& state) {
  Agent& agent = state.agent;
  const auto presence = state.presence();
  const bool changed = presence != agent.presence;
  if (changed) {
    agent.presence = presence;
    agent.since = wall_clock_();
  }
  auto agents = roster()->agents();  // pointers: what did not change is shared
  agents[agent.extension] = std::make_shared<const Agent>(agent);
  roster_.store(std::make_shared<const Roster>(std::move(agents)));
  if (!changed || events_ == nullptr) return;
  const nlohmann::ordered_json data{{"extension", agent.extension},
                                    {"name", agent.name},
                                    {"presence", to_string(presence)},
                                    {"since", format_rfc3339(agent.since)}};
  Event event;
  event.at = agent.since;
  event.type = "agent.presence";
  event.data = data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  events_->publish(std::move(event));
}

void Directory::set_contacts(std::string extension, std::vector<AgentContact> contacts) {
  post_([this, extension = std::move(extension), contacts = std::move(contacts)]() mutable {
    State* state = state_of(extension);
    if (state == nullptr || state->agent.contacts == contacts) return;
    state->agent.contacts = std::move(contacts);
    publish(*state);
  });
}

void Directory::choose(std::string extension, Presence chosen, std::move_only_function<void(bool)> done) {
  post_([this, extension = std::move(extension), chosen, done = std::move(done)]() mutable {
    const bool good = choose_here(extension, chosen);
    if (done) done(good);
  });
}

bool Directory::choose_here(std::string_view extension, Presence chosen) {
  State* state = state_of(extension);
  if (state == nullptr || !may_be_chosen(chosen)) return false;
  if (state->chosen != chosen) {
    state->chosen = chosen;
    publish(*state);
  }
  return true;
}

bool Directory::begin(State& state, const std::string& call_id, Activity activity) {
  if (state.calls.size() >= max_calls_per_agent && !state.calls.contains(call_id)) return false;
  state.calls[call_id] = activity;
  auto& remembered = state.agent.calls;
  if (!state.agent.has_call(call_id)) {
    if (remembered.size() >= max_calls_remembered) remembered.erase(remembered.begin());
    remembered.push_back(call_id);
  }
  publish(state);
  return true;
}

void Directory::set_activity(std::string extension, std::string call_id, Activity activity) {
  post_([this, extension = std::move(extension), call_id = std::move(call_id), activity] {
    State* state = state_of(extension);
    if (state == nullptr) return;
    if (activity != Activity::none) {
      begin(*state, call_id, activity);
    } else if (state->calls.erase(call_id) > 0) {
      publish(*state);
    }
  });
}

void Directory::claim(std::string extension, std::string call_id, std::move_only_function<void(bool)> done) {
  post_([this, extension = std::move(extension), call_id = std::move(call_id), done = std::move(done)]() mutable {
    State* state = state_of(extension);
    const bool claimed =
        state != nullptr && state->presence() == Presence::available && begin(*state, call_id, Activity::ringing);
    if (done) done(claimed);
  });
}

}  // namespace parley::call
