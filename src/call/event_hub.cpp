#include "call/event_hub.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <utility>

#include "base/random.hpp"

namespace parley::call {

struct EventHub::Subscriber {
  EventFilter filter;
  Post post;
  std::function<void()> ready;
  // Under the hub's lock:
  std::deque<EventPointer> unread;
  std::size_t limit = 0;
  bool woken = false;
  bool dropped = false;
  bool closed = false;
};

bool EventFilter::matches(const Event& event) const {
  return (call_id.empty() || call_id == event.call_id) && (types.empty() || types.contains(event.type));
}

EventHub::EventHub(EventHubConfig config) : config_{config}, epoch_{Random::secure().token(8)} {}
EventHub::~EventHub() = default;

void EventHub::publish(Event event) {
  const std::lock_guard lock{mutex_};
  const std::uint64_t number = ++last_;
  event.cursor = epoch_ + "-" + std::to_string(number);
  if (event.seq == 0 && !event.call_id.empty()) {
    const auto call = calls_.find(event.call_id);
    event.seq = call == calls_.end() ? 1 : call->second.seq + 1;
  }
  const Stored stored{number, std::make_shared<const Event>(std::move(event))};
  keep(stored);
  for (const auto& subscriber : subscribers_) {
    if (subscriber->dropped || !subscriber->filter.matches(*stored.event)) continue;
    if (subscriber->unread.size() >= subscriber->limit) {
      subscriber->dropped = true;
      subscriber->unread.clear();
    } else {
      subscriber->unread.push_back(stored.event);
    }
    wake(subscriber);
  }
}

void EventHub::keep(const Stored& stored) {
  const Event& event = *stored.event;
  ring_.push_back(stored);
  if (!event.call_id.empty()) {
    const bool news = event.type.starts_with("call.") && event.type != "call.ended";
    auto [place, is_new] = calls_.try_emplace(event.call_id);
    CallEvents& call = place->second;
    // A late `recording.stopped` of a call that is forgotten does not begin it anew.
    if (is_new) call.in_progress = news;
    if (event.type == "call.ended") call.in_progress = false;
    call.seq = std::max(call.seq, event.seq);
    call.events.push_back(stored);
    const std::uint64_t ring_begin = ring_.front().number;
    // What is older than the ring is kept for calls in progress only.
    while (!call.events.empty() &&
           (call.events.size() > config_.per_call || (!call.in_progress && call.events.front().number < ring_begin))) {
      call.lost = call.events.front().number;
      if (call.lost < ring_begin) {
        --beyond_ring_;
        lost_ = std::max(lost_, call.lost);
      }
      call.events.pop_front();
    }
  }
  if (ring_.size() > config_.ring) evict_oldest();
}

void EventHub::evict_oldest() {
  const Stored oldest = std::move(ring_.front());
  ring_.pop_front();
  const auto place = calls_.find(oldest.event->call_id);
  if (place == calls_.end()) {
    lost_ = std::max(lost_, oldest.number);
    return;
  }
  CallEvents& call = place->second;
  const bool held = !call.events.empty() && call.events.front().number <= oldest.number;
  if (held && call.in_progress && beyond_ring_ < config_.beyond_ring) {
    ++beyond_ring_;
    return;
  }
  lost_ = std::max(lost_, oldest.number);
  call.lost = std::max(call.lost, oldest.number);
  // With the bound reached, the call loses its oldest, so that what it keeps has no gap.
  while (!call.events.empty() && call.events.front().number <= oldest.number) {
    if (call.events.front().number < oldest.number) --beyond_ring_;
    call.events.pop_front();
  }
  if (call.events.empty() && !call.in_progress) calls_.erase(place);
}

std::optional<std::uint64_t> EventHub::number_of(std::string_view cursor) const {
  if (!cursor.starts_with(epoch_) || cursor.size() <= epoch_.size() + 1) return std::nullopt;
  const auto digits = cursor.substr(epoch_.size() + 1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number > last_) return std::nullopt;
  return number;
}

bool EventHub::complete_after(std::uint64_t number, const EventFilter& filter) const {
  if (number >= lost_) return true;
  const auto call = calls_.find(filter.call_id);
  return call != calls_.end() && call->second.in_progress && number >= call->second.lost;
}

std::deque<EventPointer> EventHub::later_than(std::uint64_t number, const EventFilter& filter) const {
  std::vector<Stored> found;
  const auto take = [&](const Stored& stored) {
    if (stored.number > number && filter.matches(*stored.event)) found.push_back(stored);
  };
  if (!filter.call_id.empty()) {
    if (const auto call = calls_.find(filter.call_id); call != calls_.end() && call->second.lost <= number)
      for (const auto& stored : call->second.events) take(stored);
    else
      for (const auto& stored : ring_) take(stored);
  } else {
    const std::uint64_t ring_begin = ring_.empty() ? last_ + 1 : ring_.front().number;
    if (number + 1 < ring_begin)
      for (const auto& [id, call] : calls_)
        for (const auto& stored : call.events)
          if (stored.number < ring_begin) take(stored);
    std::ranges::sort(found, {}, &Stored::number);
    for (const auto& stored : ring_) take(stored);
  }
  std::deque<EventPointer> events;
  for (auto& stored : found) events.push_back(std::move(stored.event));
  return events;
}

Result<std::unique_ptr<EventHub::Subscription>, SubscribeError> EventHub::subscribe(EventFilter filter,
                                                                                    std::optional<std::string> after,
                                                                                    Post post,
                                                                                    std::function<void()> ready) {
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->filter = std::move(filter);
  subscriber->post = std::move(post);
  subscriber->ready = std::move(ready);

  const std::lock_guard lock{mutex_};
  if (subscribers_.size() >= config_.subscribers) return std::unexpected(SubscribeError::too_many);
  if (after) {
    const auto number = number_of(*after);
    if (!number || !complete_after(*number, subscriber->filter)) return std::unexpected(SubscribeError::cursor_gone);
    subscriber->unread = later_than(*number, subscriber->filter);
  }
  subscriber->limit = subscriber->unread.size() + config_.backlog;
  subscribers_.push_back(subscriber);
  if (!subscriber->unread.empty()) wake(subscriber);
  return std::unique_ptr<Subscription>{new Subscription{*this, std::move(subscriber)}};
}

void EventHub::wake(const std::shared_ptr<Subscriber>& subscriber) {
  if (std::exchange(subscriber->woken, true)) return;
  subscriber->post([weak = std::weak_ptr{subscriber}] {
    // `closed` is written by the subscriber's thread, which is the one we are on.
    if (const auto alive = weak.lock(); alive && !alive->closed) alive->ready();
  });
}

std::vector<EventPointer> EventHub::of_call(const std::string& call_id) const {
  const std::lock_guard lock{mutex_};
  std::vector<EventPointer> events;
  if (const auto call = calls_.find(call_id); call != calls_.end())
    for (const auto& stored : call->second.events) events.push_back(stored.event);
  return events;
}

EventHub::Subscription::Subscription(EventHub& hub, std::shared_ptr<Subscriber> subscriber)
    : hub_{hub}, subscriber_{std::move(subscriber)} {}

EventHub::Subscription::~Subscription() {
  const std::lock_guard lock{hub_.mutex_};
  subscriber_->closed = true;
  std::erase(hub_.subscribers_, subscriber_);
}

std::vector<EventPointer> EventHub::Subscription::take(std::size_t limit) {
  const std::lock_guard lock{hub_.mutex_};
  std::vector<EventPointer> taken;
  auto& unread = subscriber_->unread;
  while (!unread.empty() && taken.size() < limit) {
    taken.push_back(std::move(unread.front()));
    unread.pop_front();
  }
  if (taken.size() < limit && !subscriber_->dropped) subscriber_->woken = false;
  return taken;
}

bool EventHub::Subscription::dropped() const {
  const std::lock_guard lock{hub_.mutex_};
  return subscriber_->dropped;
}

}  // namespace parley::call
