// Counting wrong guesses per key, so that passwords and PINs cannot be tried out.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.hpp"

namespace parley {

/// Locks a key (an address, a user, both) after too many wrong tries within a window. Bounded: the
/// key that was wrong longest ago makes room, so a flood of new keys can free old ones but not memory.
class Lockout {
 public:
  struct Limits {
    std::size_t wrong = 5;
    Duration window = std::chrono::minutes{15};
    std::size_t keys = 10'000;
  };

  Lockout() : Lockout(Limits{}) {}
  explicit Lockout(Limits limits) : limits_{limits} {}
  Lockout(Lockout&&) = default;
  Lockout& operator=(Lockout&&) = default;

  bool locked(std::string_view key, TimePoint now) const;
  /// When the key may try again; `now` when it already may.
  TimePoint locked_until(std::string_view key, TimePoint now) const;
  /// True when this one locked the key. Tries while locked do not lengthen it.
  bool wrong(std::string_view key, TimePoint now);
  /// A right answer clears the count.
  void right(std::string_view key);
  std::size_t keys() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    std::deque<TimePoint> wrong_at;  // at most limits_.wrong
  };
  using Entries = std::list<Entry>;  // the latest wrong first

  Limits limits_;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator> by_key_;  // views into the entries
};

}  // namespace parley
