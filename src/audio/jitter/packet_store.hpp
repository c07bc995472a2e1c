// The packets that wait to be decoded, in order, in memory allocated once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace parley::audio {

struct StoredPacket {
  std::int64_t sequence;  // unwrapped
  std::int64_t position;  // of the first sample, in the sender's time
  std::span<const std::byte> payload;
};

/// A fixed number of slots, sorted by sequence number.
class PacketStore {
 public:
  PacketStore(std::size_t slots, std::size_t slot_size);

  bool fits(std::size_t payload_size) const { return payload_size <= slot_size_; }
  bool full() const { return entries_.size() == slots_; }
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }

  /// False when that sequence number is here already. Not to be called when full, or with a
  /// payload that does not fit.
  bool insert(std::int64_t sequence, std::int64_t position, std::span<const std::byte> payload);
  /// The oldest packet; its payload stays valid until the next insert().
  StoredPacket front() const;
  void pop_front();
  void clear();

 private:
  struct Entry {
    std::int64_t sequence;
    std::int64_t position;
    std::uint32_t slot;
    std::uint32_t size;
  };

  std::size_t slots_;
  std::size_t slot_size_;
  std::unique_ptr<std::byte[]> memory_;
  std::vector<Entry> entries_;       // sorted, the newest first: the oldest leaves at the end
  std::vector<std::uint32_t> free_;  // a stack: slots never needed are never touched
};

}  // namespace parley::audio
