#include "providers/local/sentence_cache.hpp"

#include <utility>

namespace parley::providers::local {

std::string SentenceCache::key(std::string_view text, std::uint32_t rate_hz) {
  return std::to_string(rate_hz) + ' ' + std::string{text};
}

Pcm SentenceCache::find(std::string_view text, std::uint32_t rate_hz) {
  const std::string wanted = key(text, rate_hz);
  const std::scoped_lock lock{mutex_};
  const auto it = index_.find(wanted);
  if (it == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, it->second);
  return it->second->pcm;
}

void SentenceCache::insert(std::string_view text, std::uint32_t rate_hz, Pcm pcm) {
  Entry entry{key(text, rate_hz), std::move(pcm)};
  if (entry.size() > max_bytes_ / 4) return;
  const std::scoped_lock lock{mutex_};
  if (index_.contains(entry.key)) return;
  bytes_ += entry.size();
  entries_.push_front(std::move(entry));
  index_.emplace(entries_.front().key, entries_.begin());
  while (bytes_ > max_bytes_) {
    bytes_ -= entries_.back().size();
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

std::size_t SentenceCache::bytes() const {
  const std::scoped_lock lock{mutex_};
  return bytes_;
}

}  // namespace parley::providers::local
