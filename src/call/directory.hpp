// The agents: who they are, whether they can take a call, and where their telephones are.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.hpp"
#include "base/time.hpp"

namespace parley::call {

class EventHub;

enum class Presence : std::uint8_t {
  offline,    // no telephone is registered
  available,  // can be called
  ringing,
  busy,     // in a call
  wrap_up,  // after one: finishing notes
  away,
};
std::string_view to_string(Presence presence);
std::optional<Presence> parse_presence(std::string_view name);

/// Where one telephone of an agent is. Written and read by legs; others pass it on as it is.
struct AgentContact {
  std::string uri;                // the Request-URI of a call to it
  std::vector<std::string> path;  // Route of such a call, first hop first (RFC 3327)
  std::string transport;          // `udp`, `tcp`, `tls`, `ws`, `wss`
  Endpoint remote;                // where its registration came from
  std::uint64_t connection = 0;   // reference of the connection that it came by; 0: a datagram
  bool operator==(const AgentContact&) const = default;
};

struct Agent {
  std::string extension, name;
  std::vector<std::string> queues;
  bool supervisor = false;
  Presence presence = Presence::offline;
  WallTime since{};                    // of the presence
  std::vector<AgentContact> contacts;  // all of them are rung; the most wanted first
  std::vector<std::string> calls;      // ids of theirs, in progress and before: the latest last, at most 20

  bool has_call(std::string_view call_id) const;
  bool reachable() const { return !contacts.empty(); }
  bool available() const { return presence == Presence::available; }
};

/// All agents at one moment, by extension. Never changes: keep it as long as you like.
class Roster {
 public:
  using Agents = std::map<std::string, std::shared_ptr<const Agent>, std::less<>>;

  explicit Roster(Agents agents) : agents_{std::move(agents)} {}
  /// Null when there is no such agent.
  std::shared_ptr<const Agent> find(std::string_view extension) const;
  std::vector<std::shared_ptr<const Agent>> of_queue(std::string_view queue) const;
  const Agents& agents() const { return agents_; }

 private:
  Agents agents_;
};

/// What an agent does in one call.
enum class Activity : std::uint8_t { none, ringing, in_call };

/// One for the program, owned by worker 0: there everything is written. Functions may be called on
/// any thread and are posted there, so a change is seen by the roster after this one.
class Directory {
 public:
  struct Entry {
    std::string extension, name;
    std::vector<std::string> queues;
    bool supervisor = false;
  };
  /// Runs a function on worker 0, later or (already there, in tests) at once.
  using Post = std::function<void(std::move_only_function<void()>)>;
  using WallClock = std::function<WallTime()>;

  /// `events` gets `agent.presence`; null: nobody is told.
  Directory(std::vector<Entry> agents, Post post, WallClock wall_clock, EventHub* events);

  /// From any thread, without waiting.
  std::shared_ptr<const Roster> roster() const { return roster_.load(); }
  /// The agent as in the latest roster; null when there is none.
  std::shared_ptr<const Agent> find(std::string_view extension) const { return roster()->find(extension); }

  /// The registrar's: the telephones that there are now.
  void set_contacts(std::string extension, std::vector<AgentContact> contacts);
  /// The agent's own choice: available, away or wrap_up. It shows when nothing stronger does: calls and
  /// having no telephone go before it. `done` runs on worker 0; false: no such agent, no such choice.
  void choose(std::string extension, Presence chosen, std::move_only_function<void(bool)> done = {});
  /// The same at once, for who is on worker 0.
  bool choose_here(std::string_view extension, Presence chosen);
  /// What the agent does in this call from now on. A call tells `none` when it is over.
  void set_activity(std::string extension, std::string call_id, Activity activity);
  /// Makes an available agent ring for this call: of several calls that want one, one gets true.
  /// `done` runs on worker 0. Give back with set_activity(none).
  void claim(std::string extension, std::string call_id, std::move_only_function<void(bool)> done);

 private:
  struct State {
    Agent agent;
    Presence chosen = Presence::available;
    std::map<std::string, Activity, std::less<>> calls;
    Presence presence() const;
  };

  static constexpr std::size_t max_calls_per_agent = 64;
  static constexpr std::size_t max_calls_remembered = 20;

  State* state_of(std::string_view extension);
  bool begin(State& state, const std::string& call_id, Activity activity);
  /// Works the presence out anew and makes the roster that shows it.
  void publish(State& state);

  const Post post_;
  const WallClock wall_clock_;
  EventHub* const events_;
  std::map<std::string, State, std::less<>> states_;  // worker 0's
  std::atomic<std::shared_ptr<const Roster>> roster_;
};

}  // namespace parley::call
