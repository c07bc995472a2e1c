#include "audio/jitter/packet_store.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <functional>

namespace parley::audio {

PacketStore::PacketStore(std::size_t slots, std::size_t slot_size)
    : slots_{slots}, slot_size_{slot_size}, memory_{std::make_unique_for_overwrite<std::byte[]>(slots * slot_size)} {
  entries_.reserve(slots);
  free_.reserve(slots);
  clear();
}

bool PacketStore::insert(std::int64_t sequence, std::int64_t position, std::span<const std::byte> payload) {
  PARLEY_ASSERT(!full() && fits(payload.size()));
  const auto at = std::ranges::lower_bound(entries_, sequence, std::ranges::greater{}, &Entry::sequence);
  if (at != entries_.end() && at->sequence == sequence) return false;

  const std::uint32_t slot = free_.back();
  free_.pop_back();
  std::ranges::copy(payload, memory_.get() + slot * slot_size_);
  entries_.insert(at, Entry{sequence, position, slot, static_cast<std::uint32_t>(payload.size())});
  return true;
}

StoredPacket PacketStore::front() const {
  PARLEY_ASSERT(!empty());
  const Entry& entry = entries_.back();
  return {entry.sequence, entry.position, {memory_.get() + entry.slot * slot_size_, entry.size}};
}

void PacketStore::pop_front() {
  PARLEY_ASSERT(!empty());
  free_.push_back(entries_.back().slot);
  entries_.pop_back();
}

void PacketStore::clear() {
  entries_.clear();
  free_.clear();
  for (std::size_t slot = slots_; slot > 0; --slot) free_.push_back(static_cast<std::uint32_t>(slot - 1));
}

}  // namespace parley::audio
