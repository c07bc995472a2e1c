// Whether the caller is speaking, from the voice activity of single frames.
#pragma once

#include <cstdint>
#include <optional>

#include "assistant/turn_parameters.hpp"

namespace parley::assistant {

/// A core on media time. A segment begins with `started` (a sound), becomes `confirmed` (long
/// enough to be speech) and ends with `stopped`; its times are acoustic, not those of the report.
class SpeechDetector {
 public:
  enum class Event : std::uint8_t { none, started, confirmed, stopped };

  explicit SpeechDetector(const DetectionParameters& parameters) : parameters_{parameters} {}

  /// One frame of the caller; `at` is its first sample.
  Event frame(bool speech, int level_dbov, MediaTime at);
  /// Notices that frames no longer come.
  Event advance(MediaTime now);

  bool speaking() const { return state_ == State::sound || state_ == State::speech; }
  bool confirmed() const { return state_ == State::speech; }
  MediaTime started() const { return started_; }   // of the latest segment
  MediaTime ended() const { return speech_end_; }  // of the last frame with speech
  MediaTime duration() const { return speech_end_ - started_; }

 private:
  enum class State : std::uint8_t { silent, sound, speech };

  Event stop();

  const DetectionParameters parameters_;
  State state_ = State::silent;
  std::optional<MediaTime> run_start_;  // of the speech frames in a row, while silent
  MediaTime started_{}, speech_end_{};
};

}  // namespace parley::assistant
