// Whether the caller who speaks over the assistant means it: pause fast, then commit or resume.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "assistant/phrases.hpp"
#include "assistant/turn_parameters.hpp"

namespace parley::assistant {

/// A core on media time. It is only asked while the assistant has something to say; reset() when
/// that ends.
class BargeIn {
 public:
  enum class Decision : std::uint8_t { none, pause, resume, commit };
  /// What words amount to.
  enum class Weight : std::uint8_t { nothing, acknowledgement, few, enough };

  explicit BargeIn(const BargeInParameters& parameters);

  bool paused() const { return paused_.has_value(); }

  /// The caller has been speaking for `spoken`. While nothing is audible yet there is no sound to
  /// cut, so the assistant is held as soon as speech is certain.
  Decision speech(MediaTime spoken, bool audible, MediaTime now);
  /// The caller fell silent at `t_end`.
  void stopped(MediaTime t_end);
  /// The words of the caller's open turn. `boundary`: they began near the start or the end of the
  /// assistant's speech, where an acknowledgement is an answer. `complete`: no more are awaited.
  Decision words(std::string_view text, bool boundary, bool complete);
  Decision advance(MediaTime now);
  /// The caller's turn closed without taking the floor.
  Decision dismissed();
  void reset();

  Weight weigh(std::string_view text, bool boundary) const;

 private:
  Decision commit();
  Decision resume();

  const BargeInParameters parameters_;
  const PhraseSet stop_words_, acknowledgements_;
  std::optional<MediaTime> paused_;   // since
  std::optional<MediaTime> silence_;  // of the caller, since
  MediaTime spoken_{};                // in the caller's segment
  bool worded_ = false;               // a word came in this segment
  bool ignored_ = false;              // this segment was noise: no second pause for it
};

}  // namespace parley::assistant
