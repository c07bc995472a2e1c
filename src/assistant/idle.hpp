// What happens when nobody says anything.
#pragma once

#include <cstdint>
#include <optional>

#include "assistant/turn_parameters.hpp"

namespace parley::assistant {

/// A core on media time. The clock runs only while neither side does anything: not while the
/// assistant speaks, thinks or uses a tool, and not within the caller's turn.
class Idle {
 public:
  enum class Event : std::uint8_t { none, prompt, goodbye, dead };

  explicit Idle(const IdleParameters& parameters) : parameters_{parameters} {}

  /// The caller did something: prompts are counted anew.
  void caller_active(MediaTime now);
  Event advance(bool busy, MediaTime now);
  int prompts() const { return prompts_; }

 private:
  const IdleParameters parameters_;
  std::optional<MediaTime> since_;
  MediaTime alive_{};
  int prompts_ = 0;
  bool dead_ = false;
};

}  // namespace parley::assistant
