// Rendered sentences, the ones not used longest forgotten first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parley::providers::local {

using Pcm = std::shared_ptr<const std::vector<std::int16_t>>;

/// Greetings and fillers are spoken in every call: rendered once. Bounded in bytes. Safe from any
/// thread.
class SentenceCache {
 public:
  explicit SentenceCache(std::size_t max_bytes) : max_bytes_{max_bytes} {}

  /// Null when it is not there.
  Pcm find(std::string_view text, std::uint32_t rate_hz);
  /// What is larger than a quarter of the cache is not kept: it would push out everything else.
  void insert(std::string_view text, std::uint32_t rate_hz, Pcm pcm);
  std::size_t bytes() const;

 private:
  struct Entry {
    std::string key;
    Pcm pcm;
    std::size_t size() const { return key.size() + pcm->size() * sizeof(std::int16_t); }
  };
  static std::string key(std::string_view text, std::uint32_t rate_hz);

  mutable std::mutex mutex_;
  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;                                                // latest use first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  // keys view into the entries
};

}  // namespace parley::providers::local
