// Keys as sound, for peers that take no telephone-event.
#pragma once

#include "audio/frame.hpp"
#include "audio/tone.hpp"

#include <array>
#include <chrono>
#include <cstddef>

namespace parley::audio {

/// True for 0-9 * # A-D (a-d too).
bool is_dtmf_key(char key);

/// Plays keys one after another. Bounded: keys beyond `max_keys` waiting are refused.
class DtmfGenerator {
 public:
  static constexpr std::size_t max_keys = 64;

  struct Config {
    Rate rate = Rate::narrow;
    std::chrono::milliseconds on{100};
    std::chrono::milliseconds off{80};
    double level_dbov = -10;  // of each of the two tones
  };

  explicit DtmfGenerator(const Config& config);

  /// False when `key` is none, or when too many wait.
  bool press(char key);
  /// Writes the next 20 ms; false (and zeros) when all keys are played.
  bool read(Frame& frame);
  bool idle() const { return waiting_ == 0 && remaining_ == 0; }
  void clear();

 private:
  void next_key();

  Config config_;
  std::array<char, max_keys> keys_{};
  std::size_t first_ = 0;
  std::size_t waiting_ = 0;
  std::size_t elapsed_ = 0;  // samples of the present key and the pause after it
  std::size_t remaining_ = 0;
  Oscillator low_;
  Oscillator high_;
};

}  // namespace parley::audio
