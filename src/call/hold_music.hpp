// What people hear who wait.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audio/frame.hpp"
#include "base/result.hpp"
#include "call/participant.hpp"

namespace parley::call {

/// Samples that begin anew at their end. Immutable, shared by all calls of the program.
class HoldMusic {
 public:
  /// Our own: slow broken chords, 19.2 s, soft, with nothing above 2 kHz that G.711 would spoil.
  static std::shared_ptr<const HoldMusic> composed();
  /// A WAV file. The error says what is wrong with it.
  static Result<std::shared_ptr<const HoldMusic>, std::string> from_file(const std::filesystem::path& path);

  std::span<const std::int16_t> samples(audio::Rate rate) const { return samples_[rate == audio::Rate::wide]; }

 private:
  std::array<std::vector<std::int16_t>, 2> samples_;  // narrow, wide
};

/// Plays it to one call. Between stop() and start() it is silent and costs nothing.
class MusicPlayer final : public Participant {
 public:
  MusicPlayer(std::shared_ptr<const HoldMusic> music, audio::Rate rate);

  /// From the beginning, when it was silent.
  void start();
  /// One more frame is read: the bridge fades it out.
  void stop();

  bool read(audio::Frame& frame) override;
  void write(const audio::Frame*) override {}
  bool is_pullable() const override { return true; }

 private:
  std::shared_ptr<const HoldMusic> music_;
  std::span<const std::int16_t> samples_;
  std::size_t position_ = 0;
  bool playing_ = false, fading_ = false;
};

}  // namespace parley::call
