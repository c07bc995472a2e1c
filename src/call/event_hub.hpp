// Where events of all calls come together, and from where subscribers get them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "call/event.hpp"

namespace parley::call {

struct EventHubConfig {
  std::size_t ring = 10'000;          // newest events, of all calls
  std::size_t per_call = 2'000;       // kept of one call
  std::size_t beyond_ring = 100'000;  // older than the ring, of all calls in progress together
  std::size_t backlog = 1'000;        // unread by one subscriber, then it is dropped
  std::size_t subscribers = 1'000;
};

struct EventFilter {
  std::string call_id;          // empty: all
  std::set<std::string> types;  // empty: all
  bool matches(const Event& event) const;
};

enum class SubscribeError : std::uint8_t { cursor_gone, too_many };

using EventPointer = std::shared_ptr<const Event>;

/// Thread-safe. Publishing takes one short lock and wakes the subscribers that were idle; it never
/// waits for them. A hub outlives its subscriptions.
class EventHub {
 public:
  class Subscription;
  /// Runs a function on the subscriber's thread, later: a worker's post().
  using Post = std::function<void(std::move_only_function<void()>)>;

  explicit EventHub(EventHubConfig config = {});
  ~EventHub();
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  /// Sets `event.cursor`, and `event.seq` where it is 0. A call is in progress from its first
  /// `call.…` event to `call.ended`; meanwhile nothing of it is forgotten, within the bounds.
  void publish(Event event);

  /// `ready` is called on the subscriber's thread when there is something to take() after there was
  /// nothing, and when it was dropped. `after`: first what came later than that cursor, if all of
  /// that is still known.
  Result<std::unique_ptr<Subscription>, SubscribeError> subscribe(EventFilter filter, std::optional<std::string> after,
                                                                  Post post, std::function<void()> ready);

  /// What is still known of a call, oldest first.
  std::vector<EventPointer> of_call(const std::string& call_id) const;

 private:
  struct Stored {
    std::uint64_t number;
    EventPointer event;
  };
  struct CallEvents {
    std::deque<Stored> events;
    std::uint64_t seq = 0;   // of the newest
    std::uint64_t lost = 0;  // number of the newest one that is no longer kept
    bool in_progress = false;
  };
  struct Subscriber;

  void keep(const Stored& stored);
  void evict_oldest();
  std::optional<std::uint64_t> number_of(std::string_view cursor) const;
  bool complete_after(std::uint64_t number, const EventFilter& filter) const;
  std::deque<EventPointer> later_than(std::uint64_t number, const EventFilter& filter) const;
  static void wake(const std::shared_ptr<Subscriber>& subscriber);

  const EventHubConfig config_;
  const std::string epoch_;  // a cursor of an earlier run is gone, not misread
  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;  // number of the newest event
  std::uint64_t lost_ = 0;  // number of the newest event that is no longer kept
  std::size_t beyond_ring_ = 0;
  std::deque<Stored> ring_;
  std::unordered_map<std::string, CallEvents> calls_;
  std::vector<std::shared_ptr<Subscriber>> subscribers_;
};

/// Used and destroyed on the subscriber's thread.
class EventHub::Subscription {
 public:
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  /// Up to `limit` events, oldest first. Fewer than that: `ready` is called when more come.
  std::vector<EventPointer> take(std::size_t limit);
  /// It was too slow: events were lost and no more will come.
  bool dropped() const;

 private:
  friend class EventHub;
  Subscription(EventHub& hub, std::shared_ptr<Subscriber> subscriber);

  EventHub& hub_;
  std::shared_ptr<Subscriber> subscriber_;
};

}  // namespace parley::call
