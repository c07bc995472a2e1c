#include "protocol/dns/cache.hpp"

#include <algorithm>

namespace parley::dns {
namespace {

/// Records of one answer that are kept: a hostile zone must not fill the memory through few names.
constexpr std::size_t max_records = 64;

/// Names compare without case, and with or without the root's dot.
std::string key_of(QueryType type, std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string key{static_cast<char>('0' + static_cast<int>(type))};
  for (const char c : name) key += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return key;
}

template <class Record>
Duration smallest_ttl(const std::vector<Record>& records) {
  if (records.empty()) return Duration::zero();
  return std::ranges::min_element(records, {}, &Record::ttl)->ttl;
}

template <class Record>
void cut(std::vector<Record>& records) {
  if (records.size() > max_records) records.resize(max_records);
}

}  // namespace

std::optional<Duration> Cache::lifetime(QueryType type, const Answer& answer) const {
  Duration ttl{};
  switch (answer.status) {
    case Answer::Status::ok:
      ttl = type == QueryType::naptr ? smallest_ttl(answer.naptr)
            : type == QueryType::srv ? smallest_ttl(answer.srv)
                                     : smallest_ttl(answer.addresses);
      break;
    case Answer::Status::no_data:
    case Answer::Status::no_such_name:
      ttl = answer.negative_ttl > std::chrono::seconds{0} ? Duration{answer.negative_ttl} : config_.negative;
      break;
    case Answer::Status::failed:
    case Answer::Status::timed_out: return std::nullopt;
  }
  if (ttl <= Duration::zero()) return std::nullopt;
  return std::min(ttl, config_.longest);
}

const Answer* Cache::find(QueryType type, std::string_view name, TimePoint now) {
  const auto found = by_key_.find(key_of(type, name));
  if (found == by_key_.end()) return nullptr;
  const auto entry = found->second;
  if (now >= entry->expires_at) {
    by_key_.erase(found);
    entries_.erase(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return &entry->answer;
}

void Cache::store(QueryType type, std::string_view name, const Answer& answer, TimePoint now) {
  auto key = key_of(type, name);
  const auto ttl = lifetime(type, answer);
  if (const auto old = by_key_.find(key); old != by_key_.end()) {
    if (!ttl) return;  // a failure does not undo what is still known
    const auto entry = old->second;
    by_key_.erase(old);
    entries_.erase(entry);
  }
  if (!ttl || config_.capacity == 0) return;
  if (entries_.size() == config_.capacity) {
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({std::move(key), answer, now + *ttl});
  auto& kept = entries_.front();
  cut(kept.answer.naptr);
  cut(kept.answer.srv);
  cut(kept.answer.addresses);
  by_key_.emplace(kept.key, entries_.begin());
}

}  // namespace parley::dns
