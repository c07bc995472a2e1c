#include "call/registry.hpp"

#include "base/assert.hpp"
#include "base/log.hpp"
#include "base/ulid.hpp"

namespace parley::call {

bool Capacity::take() {
  if (used_.fetch_add(1) < limit_) return true;
  used_.fetch_sub(1);
  return false;
}

Registry::Registry(Environment& environment, ApplicationFactory& factory, Capacity& capacity)
    : environment_{environment},
      factory_{factory},
      capacity_{capacity},
      executor_{std::make_shared<GuardedExecutor>(environment.executor)} {}

Registry::~Registry() { executor_->close(); }

Call& Registry::create(CallOptions options, const RouteTarget& target, std::unique_ptr<Leg> leg) {
  if (options.id.empty()) options.id = make_ulid(environment_.wall_clock(), *environment_.random);
  const std::string id = options.id;
  auto call = std::make_unique<Call>(std::move(options), environment_, std::move(leg), static_cast<CallOwner&>(*this));
  Call& made = *call;
  const bool inserted = calls_.emplace(id, std::move(call)).second;
  PARLEY_ASSERT(inserted);
  load_.fetch_add(1, std::memory_order_relaxed);
  made.begin(factory_.make(target, made));
  return made;
}

Call* Registry::find(std::string_view id) {
  const auto found = calls_.find(std::string{id});
  return found == calls_.end() || found->second->ended() ? nullptr : found->second.get();
}

void Registry::hang_up_all(EndCause cause) {
  for (auto& [id, call] : calls_) call->hang_up(cause);
}

void Registry::abandon_all() {
  for (const auto& [id, call] : calls_) {
    if (call->ended()) continue;  // its place is given back by on_call_ended()
    log::warn("call abandoned call={}", id);
    load_.fetch_sub(1, std::memory_order_relaxed);
    capacity_.give_back();
  }
  std::erase_if(calls_, [](const auto& entry) { return !entry.second->ended(); });
}

/// The call is in its own tick: it is destroyed once the worker is out of it.
void Registry::on_call_ended(Call& call) {
  load_.fetch_sub(1, std::memory_order_relaxed);
  executor_->post([this, id = call.id()] {
    calls_.erase(id);
    capacity_.give_back();
  });
}

}  // namespace parley::call
