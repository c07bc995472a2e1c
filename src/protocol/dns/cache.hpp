// Answers kept for as long as their zones allow.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/dns_records.hpp"
#include "base/time.hpp"

namespace parley::dns {

/// A bounded cache of answers; the least recently used goes when it is full. Positive answers stay
/// for their smallest TTL, negative ones for theirs (RFC 2308) or a default; failures are not kept.
class Cache {
 public:
  struct Config {
    std::size_t capacity = 1024;  // answers
    Duration longest = 1h;        // whatever the zone says
    Duration negative = 30s;      // where the answer does not say
  };

  explicit Cache(Config config) : config_{config} {}

  /// Valid until the next call. A TTL in the answer is as it was when stored.
  const Answer* find(QueryType type, std::string_view name, TimePoint now);
  void store(QueryType type, std::string_view name, const Answer& answer, TimePoint now);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    Answer answer;
    TimePoint expires_at;
  };
  std::optional<Duration> lifetime(QueryType type, const Answer& answer) const;

  Config config_;
  std::list<Entry> entries_;                                                 // most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;  // views the entries' keys
};

}  // namespace parley::dns
