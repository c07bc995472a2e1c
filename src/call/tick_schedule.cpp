#include "call/tick_schedule.hpp"

#include <algorithm>
#include <numeric>

namespace parley::call {

void TickSchedule::add(Ticked& ticked) {
  const auto emptiest = static_cast<std::size_t>(std::ranges::min_element(living_) - living_.begin());
  members_[emptiest].push_back(&ticked);
  ++living_[emptiest];
}

void TickSchedule::remove(Ticked& ticked) {
  for (std::size_t phase = 0; phase < phases; ++phase) {
    const auto found = std::ranges::find(members_[phase], &ticked);
    if (found == members_[phase].end()) continue;
    *found = nullptr;
    --living_[phase];
    return;
  }
}

void TickSchedule::run_phase(std::size_t phase, TimePoint now) {
  auto& members = members_[phase];
  const std::size_t count = members.size();  // who joins meanwhile begins next time
  for (std::size_t i = 0; i < count; ++i)
    if (members[i]) members[i]->tick(now);
  std::erase(members, nullptr);
}

std::size_t TickSchedule::size() const { return std::accumulate(living_.begin(), living_.end(), std::size_t{0}); }

}  // namespace parley::call
