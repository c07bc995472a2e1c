#include "call/queue.hpp"

#include <algorithm>
#include <utility>

namespace parley::call {
namespace {

// A call whose end nobody told must not be counted for ever.
constexpr std::size_t max_talking = 10'000;

constexpr std::pair<QueueStrategy, std::string_view> strategy_names[] = {
    {QueueStrategy::ring_all, "ring_all"},
    {QueueStrategy::longest_idle, "longest_idle"},
    {QueueStrategy::round_robin, "round_robin"},
};

}  // namespace

std::string_view to_string(QueueStrategy strategy) {
  return std::ranges::find(strategy_names, strategy, &std::pair<QueueStrategy, std::string_view>::first)->second;
}

std::optional<QueueStrategy> parse_queue_strategy(std::string_view name) {
  for (const auto& [strategy, its_name] : strategy_names)
    if (its_name == name) return strategy;
  return std::nullopt;
}

std::string_view to_string(LeaveReason reason) {
  switch (reason) {
    case LeaveReason::answered: return "answered";
    case LeaveReason::abandoned: return "abandoned";
    case LeaveReason::overflowed: return "overflowed";
  }
  return "";
}

double QueueFigures::service_level() const {
  const auto judged = answered + abandoned + overflowed;
  return judged == 0 ? 1.0 : static_cast<double>(answered_in_time) / static_cast<double>(judged);
}

bool Queue::enter(std::string call_id, TimePoint now) {
  if (waiting_.size() >= config_.max_waiting || find(call_id) != waiting_.end()) {
    ++totals_.refused;
    return false;
  }
  ++totals_.entered;
  const bool announced = config_.announce_every > Duration{};
  waiting_.push_back({.call_id = std::move(call_id),
                      .since = now,
                      .announce_at = announced ? now + config_.first_announcement : TimePoint::max(),
                      .offered = {},
                      .ring_until = TimePoint::max(),
                      .not_before = {}});
  offer_agents(now);
  return true;
}

void Queue::abandon(std::string_view call_id, TimePoint now) {
  const auto place = find(call_id);
  if (place == waiting_.end()) return;
  stop_ringing(*place);
  leave(place, LeaveReason::abandoned, now);
  offer_agents(now);
}

void Queue::set_members(std::vector<Member> members, TimePoint now) {
  members_ = std::move(members);
  std::ranges::sort(members_, {}, &Member::extension);
  offer_agents(now);
}

bool Queue::answered(std::string_view call_id, std::string_view agent, TimePoint now) {
  const auto place = find(call_id);
  if (place == waiting_.end()) return false;
  stop_ringing(*place, agent);
  if (talking_.size() < max_talking) talking_.emplace(place->call_id, now);
  leave(place, LeaveReason::answered, now);
  offer_agents(now);
  return true;
}

void Queue::not_taken(std::string_view call_id, std::string_view agent, TimePoint now) {
  const auto place = find(call_id);
  if (place == waiting_.end()) return;
  const auto offered = place->offered.find(agent);
  if (offered == place->offered.end()) return;
  place->not_before[*offered] = now + config_.ask_again;
  place->offered.erase(offered);
  if (place->offered.empty()) place->ring_until = TimePoint::max();
  offer_agents(now);
}

void Queue::finished(std::string_view call_id, TimePoint now) {
  const auto found = talking_.find(call_id);
  if (found == talking_.end()) return;
  handled_ += now - found->second;
  ++finished_;
  talking_.erase(found);
}

void Queue::advance(TimePoint now) {
  expire_offers(now);
  overflow(now);
  offer_agents(now);
  announce(now);
}

std::optional<Queue::Output> Queue::poll() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

TimePoint Queue::deadline() const {
  TimePoint next = TimePoint::max();
  for (const auto& waiting : waiting_) {
    next = std::min({next, waiting.announce_at, waiting.ring_until});
    if (config_.overflow_after > Duration{}) next = std::min(next, waiting.since + config_.overflow_after);
    if (waiting.offered.empty())
      for (const auto& [agent, at] : waiting.not_before) next = std::min(next, at);
  }
  return next;
}

std::size_t Queue::position(std::string_view call_id) const {
  const auto found = std::ranges::find(waiting_, call_id, &Waiting::call_id);
  return found == waiting_.end() ? 0 : static_cast<std::size_t>(found - waiting_.begin()) + 1;
}

QueueFigures Queue::figures(TimePoint now) const {
  QueueFigures figures = totals_;
  figures.waiting = waiting_.size();
  if (!waiting_.empty()) figures.longest_wait = now - waiting_.front().since;
  if (figures.answered > 0) figures.speed_of_answer = waited_by_answered_ / static_cast<std::int64_t>(figures.answered);
  if (finished_ > 0) figures.handle_time = handled_ / static_cast<std::int64_t>(finished_);
  return figures;
}

Queue::Place Queue::find(std::string_view call_id) { return std::ranges::find(waiting_, call_id, &Waiting::call_id); }

void Queue::leave(Place place, LeaveReason reason, TimePoint now) {
  const Duration waited = now - place->since;
  switch (reason) {
    case LeaveReason::answered:
      ++totals_.answered;
      waited_by_answered_ += waited;
      if (waited <= config_.answer_within) ++totals_.answered_in_time;
      break;
    case LeaveReason::abandoned: ++totals_.abandoned; break;
    case LeaveReason::overflowed: ++totals_.overflowed; break;
  }
  outputs_.push_back(Left{place->call_id, reason, waited});
  waiting_.erase(place);
}

void Queue::stop_ringing(Waiting& waiting, std::string_view but) {
  Withdraw withdraw{waiting.call_id, {}};
  for (const auto& agent : waiting.offered)
    if (agent != but) withdraw.agents.push_back(agent);
  waiting.offered.clear();
  waiting.ring_until = TimePoint::max();
  if (!withdraw.agents.empty()) outputs_.push_back(std::move(withdraw));
}

/// The first in the queue is served first; who has an offer already is not given another.
void Queue::offer_agents(TimePoint now) {
  for (auto& waiting : waiting_) {
    if (!waiting.offered.empty()) continue;
    auto agents = choose(waiting, now);
    if (agents.empty()) continue;
    last_offered_ = agents.back();
    waiting.offered.insert(agents.begin(), agents.end());
    waiting.ring_until = now + config_.ring_for;
    outputs_.push_back(Offer{waiting.call_id, std::move(agents)});
  }
}

std::vector<std::string> Queue::choose(const Waiting& waiting, TimePoint now) {
  std::vector<const Member*> free;
  for (const auto& member : members_) {
    if (!member.available || is_offered(member.extension)) continue;
    const auto refused = waiting.not_before.find(member.extension);
    if (refused != waiting.not_before.end() && now < refused->second) continue;
    free.push_back(&member);
  }
  if (free.empty()) return {};
  if (config_.strategy == QueueStrategy::ring_all) {
    std::vector<std::string> all;
    for (const auto* member : free) all.push_back(member->extension);
    return all;
  }
  if (config_.strategy == QueueStrategy::longest_idle)
    return {(*std::ranges::min_element(free, {}, [](const Member* member) { return member->since; }))->extension};
  const auto next = std::ranges::find_if(free, [this](const Member* m) { return m->extension > last_offered_; });
  return {(next == free.end() ? free.front() : *next)->extension};
}

bool Queue::is_offered(std::string_view agent) const {
  return std::ranges::any_of(waiting_, [agent](const Waiting& waiting) { return waiting.offered.contains(agent); });
}

void Queue::expire_offers(TimePoint now) {
  for (auto& waiting : waiting_) {
    if (now < waiting.ring_until) continue;
    for (const auto& agent : waiting.offered) waiting.not_before[agent] = now + config_.ask_again;
    stop_ringing(waiting);
  }
}

void Queue::overflow(TimePoint now) {
  if (config_.overflow_after == Duration{}) return;
  while (!waiting_.empty() && now - waiting_.front().since >= config_.overflow_after) {
    stop_ringing(waiting_.front());
    leave(waiting_.begin(), LeaveReason::overflowed, now);
  }
}

void Queue::announce(TimePoint now) {
  std::size_t position = 0;
  for (auto& waiting : waiting_) {
    ++position;
    if (now < waiting.announce_at) continue;
    waiting.announce_at = now + config_.announce_every;
    outputs_.push_back(Announce{waiting.call_id, position, now - waiting.since});
  }
}

}  // namespace parley::call
