// A named queue: callers wait in order, free agents are offered to them, and how well that goes is counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.hpp"

namespace parley::call {

enum class QueueStrategy : std::uint8_t {
  ring_all,      // every free agent rings for the first caller
  longest_idle,  // the agent who has been free for longest
  round_robin,   // one after the other, by extension
};
std::string_view to_string(QueueStrategy strategy);
std::optional<QueueStrategy> parse_queue_strategy(std::string_view name);

struct QueueConfig {
  QueueStrategy strategy = QueueStrategy::longest_idle;
  std::size_t max_waiting = 100;
  Duration ring_for = 20s;                                  // one offer; then other agents are asked
  Duration ask_again = 30s;                                 // who did not take this caller is not asked for them before
  Duration overflow_after = 5min;                           // waiting this long, the caller goes back; zero: never
  Duration first_announcement = 10s, announce_every = 30s;  // of the position; zero: none
  Duration answer_within = 20s;                             // what the service level counts
};

/// What became of the callers who left. Averages are over all since the start.
struct QueueFigures {
  std::size_t waiting = 0;
  Duration longest_wait{};
  std::uint64_t entered = 0, answered = 0, abandoned = 0, overflowed = 0, refused = 0;
  std::uint64_t answered_in_time = 0;  // within answer_within
  Duration speed_of_answer{};          // mean wait of those who were answered
  Duration handle_time{};              // mean of the conversations that have ended
  /// Of those who were answered or gave up, the share answered in time; 1 when there is none yet.
  double service_level() const;
};

enum class LeaveReason : std::uint8_t { answered, abandoned, overflowed };
std::string_view to_string(LeaveReason reason);

/// Belongs to worker 0. Callers are known by their call's id. After every input, drain poll().
class Queue {
 public:
  struct Member {
    std::string extension;
    bool available = false;
    WallTime since{};  // of the availability
  };

  struct Offer {  // ring these agents for this caller
    std::string call_id;
    std::vector<std::string> agents;
  };
  struct Withdraw {  // nobody is to be rung for this caller any more, but for a new offer that follows
    std::string call_id;
    std::vector<std::string> agents;
  };
  struct Announce {  // tell the caller where they stand; 1 is next
    std::string call_id;
    std::size_t position;
    Duration waited;
  };
  struct Left {  // no longer waiting here
    std::string call_id;
    LeaveReason reason;
    Duration waited;
  };
  using Output = std::variant<Offer, Withdraw, Announce, Left>;

  explicit Queue(QueueConfig config) : config_{config} {}

  /// False when the queue is full, or the call waits already.
  bool enter(std::string call_id, TimePoint now);
  /// The caller hung up, changed their mind, or was fetched otherwise.
  void abandon(std::string_view call_id, TimePoint now);
  /// All agents of the queue as they are now.
  void set_members(std::vector<Member> members, TimePoint now);
  /// This agent has this caller. False when the caller does not wait here any more.
  bool answered(std::string_view call_id, std::string_view agent, TimePoint now);
  /// This agent, whom an Offer named, did not take the caller: busy, declined, no answer, claimed by another.
  void not_taken(std::string_view call_id, std::string_view agent, TimePoint now);
  /// The conversation of an answered caller is over.
  void finished(std::string_view call_id, TimePoint now);
  void advance(TimePoint now);
  std::optional<Output> poll();
  TimePoint deadline() const;

  /// 1 is next; 0: not waiting here.
  std::size_t position(std::string_view call_id) const;
  QueueFigures figures(TimePoint now) const;

 private:
  struct Waiting {
    std::string call_id;
    TimePoint since, announce_at;
    std::set<std::string, std::less<>> offered;                // ringing for this caller
    TimePoint ring_until = TimePoint::max();                   // while somebody rings
    std::map<std::string, TimePoint, std::less<>> not_before;  // agents who did not take it
  };
  using Place = std::deque<Waiting>::iterator;

  Place find(std::string_view call_id);
  void leave(Place place, LeaveReason reason, TimePoint now);
  void stop_ringing(Waiting& waiting, std::string_view but = {});
  void offer_agents(TimePoint now);
  std::vector<std::string> choose(const Waiting& waiting, TimePoint now);
  bool is_offered(std::string_view agent) const;
  void expire_offers(TimePoint now);
  void overflow(TimePoint now);
  void announce(TimePoint now);

  const QueueConfig config_;
  std::deque<Waiting> waiting_;
  std::vector<Member> members_;                            // by extension
  std::string last_offered_;                               // for round_robin
  std::map<std::string, TimePoint, std::less<>> talking_;  // answered callers and since when; bounded
  std::deque<Output> outputs_;
  QueueFigures totals_;
  Duration waited_by_answered_{}, handled_{};
  std::uint64_t finished_ = 0;
};

}  // namespace parley::call
