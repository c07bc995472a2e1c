// What the callers of a load say: a sound file as Opus packets, encoded once for all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "audio/wav.hpp"
#include "base/result.hpp"

namespace parley::load {

/// A loop: after the last packet comes the first.
class Track {
 public:
  struct Packet {
    std::vector<std::byte> payload;
    int level_dbov = -127;
  };

  static Result<Track, audio::wav::Error> read(const std::filesystem::path& file);

  const Packet& packet(std::size_t number) const { return packets_[number % packets_.size()]; }
  /// What a decoder makes of one round: what a recording is to be held against. Mono, 16 kHz, 16 bit.
  void save_decoded(const std::filesystem::path& file) const;

 private:
  Track() = default;
  std::vector<Packet> packets_;
};

}  // namespace parley::load
