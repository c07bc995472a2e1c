// "One moment": said when an answer takes long.
#pragma once

#include <optional>

#include "assistant/turn_parameters.hpp"

namespace parley::assistant {

struct FillerParameters {
  MediaTime after = 1500ms;  // of silence
  MediaTime every = 6s;
  int count = 3;  // in one answer; 0: off
};

/// A core on media time.
class Filler {
 public:
  explicit Filler(const FillerParameters& parameters) : parameters_{parameters} {}

  void reset() { quiet_since_.reset(), last_.reset(), said_ = 0; }
  /// How many were said in this answer.
  int said() const { return said_; }

  /// `quiet`: an answer is awaited and neither side makes a sound. True when a filler is due.
  bool advance(bool quiet, MediaTime now) {
    if (!quiet) {
      quiet_since_.reset();
      return false;
    }
    if (!quiet_since_) quiet_since_ = now;
    if (said_ >= parameters_.count || now < *quiet_since_ + parameters_.after) return false;
    if (last_ && now < *last_ + parameters_.every) return false;
    last_ = now;
    ++said_;
    return true;
  }

 private:
  const FillerParameters parameters_;
  std::optional<MediaTime> quiet_since_, last_;
  int said_ = 0;
};

}  // namespace parley::assistant
