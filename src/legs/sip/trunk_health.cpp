#include "legs/sip/trunk_health.hpp"

#include <algorithm>

namespace parley::legs {
namespace {

constexpr int failures_until_down = 2;
constexpr Duration soonest = 5s, patience = 5s;

/// A 404 or 405 comes from somebody who is there; only these two say that nobody is.
bool is_alive(int status) { return status != 408 && status != 503; }

}  // namespace

TrunkHealth::TrunkHealth(std::vector<Trunk> trunks, TimePoint now) : trunks_{std::move(trunks)} {
  for (const Trunk& trunk : trunks_) {
    const TimePoint first = trunk.interval > 0s ? now : TimePoint::max();
    states_.emplace_back(trunk.peers.size(), State{.act_at = first});
  }
  advance(now);
}

void TrunkHealth::answered(std::size_t trunk, std::size_t peer, int status, TimePoint now) {
  State& state = states_[trunk][peer];
  if (!state.asked) return;
  state.asked = false;
  const bool alive = is_alive(status);
  state.failures = alive ? 0 : state.failures + 1;
  const bool up = alive || (state.up && state.failures < failures_until_down);
  // Doubt is settled soon.
  const Duration interval = trunks_[trunk].interval;
  state.act_at = now + (alive ? interval : std::clamp(interval / 4, std::min(soonest, interval), interval));
  if (up == state.up) return;
  state.up = up;
  outputs_.push(Changed{trunk, peer, up, status});
}

void TrunkHealth::advance(TimePoint now) {
  for (std::size_t t = 0; t < states_.size(); ++t)
    for (std::size_t p = 0; p < states_[t].size(); ++p) {
      State& state = states_[t][p];
      if (state.act_at > now) continue;
      if (state.asked) {
        answered(t, p, 408, now);
      } else {
        state.asked = true;
        state.act_at = now + std::min(patience, trunks_[t].interval);
        outputs_.push(Ask{t, p});
      }
    }
}

TimePoint TrunkHealth::deadline() const {
  TimePoint next = TimePoint::max();
  for (const auto& peers : states_)
    for (const State& state : peers) next = std::min(next, state.act_at);
  return next;
}

std::vector<std::string> TrunkHealth::order(std::size_t trunk) const {
  std::vector<std::string> order;
  for (const bool wanted : {true, false})
    for (std::size_t p = 0; p < states_[trunk].size(); ++p)
      if (states_[trunk][p].up == wanted) order.push_back(trunks_[trunk].peers[p]);
  return order;
}

}  // namespace parley::legs
