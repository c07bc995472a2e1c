// When the caller's turn is over, and what was said in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "assistant/turn_parameters.hpp"
#include "speech/stt.hpp"

namespace parley::assistant {

enum class EndReason : std::uint8_t {
  silence,     // the delay was the last of the waits
  stt,         // the transcript was
  stt_missed,  // the wait for a final ran out: what was recognised by then
  hard_stop,
  dtmf,
  input,  // given as text
};
std::string_view to_string(EndReason reason);

/// The caller's open turn: a core on media time. All waits run side by side from the acoustic end
/// of speech, so the turn ends at the latest of them, not at their sum.
class EndOfTurn {
 public:
  struct Committed {
    std::string text;
    MediaTime started{}, t_end{};
    EndReason reason = EndReason::silence;
    std::optional<MediaTime> stt_final;  // when the last final came; absent when none did
    std::uint64_t first_utterance = 0, last_utterance = 0;
  };
  struct NotUnderstood {};  // real speech without a word
  struct Nothing {};        // a blip
  using Outcome = std::variant<Committed, NotUnderstood, Nothing>;

  explicit EndOfTurn(const EndOfTurnParameters& parameters) : parameters_{parameters} {}

  bool open() const { return open_; }
  bool speaking() const { return speaking_; }
  /// Of the newest utterance: true when its final is still awaited, so it can be taken up again.
  bool resumable() const;
  std::string text() const;
  bool has_words() const;
  /// Every utterance has its final.
  bool complete() const;

  void began(std::uint64_t utterance, MediaTime started, MediaTime now);
  void resumed(MediaTime now);
  void ended(MediaTime t_end, MediaTime spoken, MediaTime now);
  /// The limit of an utterance was reached in the midst of speech.
  void cut(MediaTime now);
  void transcript(const speech::Transcript& transcript, MediaTime now);
  /// No transcript will come any more for what was said so far.
  void transcription_lost();
  /// After every input; closes the turn when it has an outcome.
  std::optional<Outcome> advance(MediaTime now);
  /// Ends the turn with what there is; nothing when it has no words.
  std::optional<Committed> take(EndReason reason, MediaTime now);

 private:
  struct Utterance {
    std::uint64_t number = 0;  // 0: the engine segments itself
    std::string text;
    bool final = false;
    bool lost = false;  // with the recogniser: nothing is awaited, though more may come
  };

  Utterance* find(std::uint64_t number);
  Outcome close(EndReason reason);
  EndReason reason_of_commit() const;

  const EndOfTurnParameters parameters_;
  bool open_ = false, speaking_ = false;
  std::vector<Utterance> utterances_;  // bounded by max_utterances
  MediaTime started_{}, t_end_{}, spoken_{}, last_activity_{};
  std::optional<MediaTime> stt_final_;
};

}  // namespace parley::assistant
