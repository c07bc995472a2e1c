#include "base/lockout.hpp"

#include <algorithm>

namespace parley {

bool Lockout::locked(std::string_view key, TimePoint now) const { return locked_until(key, now) > now; }

TimePoint Lockout::locked_until(std::string_view key, TimePoint now) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return now;
  const auto& wrong_at = found->second->wrong_at;
  if (wrong_at.size() < limits_.wrong) return now;
  return std::max(now, wrong_at.front() + limits_.window);
}

bool Lockout::wrong(std::string_view key, TimePoint now) {
  if (locked(key, now)) return false;
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
  } else {
    if (entries_.size() >= limits_.keys) {
      by_key_.erase(entries_.back().key);
      entries_.pop_back();
    }
    entries_.push_front({std::string{key}, {}});
    by_key_.emplace(entries_.front().key, entries_.begin());
  }
  auto& wrong_at = entries_.front().wrong_at;
  while (!wrong_at.empty() && now - wrong_at.front() >= limits_.window) wrong_at.pop_front();
  wrong_at.push_back(now);
  return wrong_at.size() >= limits_.wrong;
}

void Lockout::right(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  const auto entry = found->second;
  by_key_.erase(found);
  entries_.erase(entry);
}

}  // namespace parley
