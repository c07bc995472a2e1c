// Who speaks, and what counts as said: the state machine of one call.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "assistant/barge_in.hpp"
#include "assistant/dtmf_input.hpp"
#include "assistant/end_of_turn.hpp"
#include "assistant/idle.hpp"
#include "assistant/speech_detector.hpp"
#include "assistant/turn_parameters.hpp"
#include "speech/stt.hpp"

namespace parley::assistant {

/// What the assistant is doing, given anew in every tick.
struct AssistantState {
  bool replying = false;                   // thinks, speaks or is paused; until its last sample was heard
  bool interruptible = true;               // false: what the caller says is held until it is done
  bool working = false;                    // a tool runs
  std::optional<MediaTime> first_audible;  // of this reply; absent while nothing was audible
  std::optional<MediaTime> remaining;      // of its speech; absent while more text may come
};

/// A core on media time. After every input, drain poll().
///
/// All waits count from the acoustic end of speech. A turn taken, and a floor taken, raise the
/// epoch: what was made for an older one is to be dropped by whoever holds it.
class TurnTaking {
 public:
  /// Recognition begins with the audio from `started`, which lies before the detection.
  struct BeginUtterance {
    std::uint64_t utterance;
    MediaTime started;
  };
  struct EndUtterance {
    std::uint64_t utterance;
    MediaTime t_end;
  };
  struct ResumeUtterance {
    std::uint64_t utterance;
  };
  struct CallerStarted {
    MediaTime at;
  };
  struct CallerStopped {
    MediaTime t_end;
  };
  /// Stop sending speech with the next packet, keep the rest.
  struct Pause {};
  struct Resume {};
  /// The caller has the floor: cancel and flush, credit what was heard. With `same_turn` nothing
  /// was heard and the caller only went on: the reply never was, a joined CommitTurn follows.
  struct CommitBargeIn {
    std::uint64_t epoch;
    bool same_turn;
  };
  /// The caller's turn. With `continues` it stands in for the turn committed before it.
  struct CommitTurn {
    std::string text;
    MediaTime started{}, t_end{};
    EndReason reason = EndReason::silence;
    std::optional<MediaTime> stt_final;
    std::uint64_t epoch = 0;
    bool continues = false;
  };
  /// "Mhm" while the assistant spoke, or too few words on a noisy line: for the transcript only.
  struct Acknowledged {
    std::string text;
    MediaTime started, t_end;
  };
  struct SpeechNotUnderstood {};
  struct IdlePrompt {
    int count;
  };
  struct IdleGoodbye {};
  struct DeadSilence {};
  using Output =
      std::variant<BeginUtterance, EndUtterance, ResumeUtterance, CallerStarted, CallerStopped, Pause, Resume,
                   CommitBargeIn, CommitTurn, Acknowledged, SpeechNotUnderstood, IdlePrompt, IdleGoodbye, DeadSilence>;

  explicit TurnTaking(TurnParameters parameters);

  void frame(bool speech, int level_dbov, MediaTime at);
  void transcript(const speech::Transcript& transcript, MediaTime now);
  /// The recogniser is gone: what it delivered is all there will be.
  void stt_failed(MediaTime now);
  void dtmf(char digit, MediaTime now);
  void input(std::string_view text, MediaTime now);
  void assistant(const AssistantState& state);
  void advance(MediaTime now);
  std::optional<Output> poll();
  /// The call ends: what the caller said in the open turn, if anything.
  std::optional<EndOfTurn::Committed> unfinished(MediaTime now);

  std::uint64_t epoch() const { return epoch_; }
  bool caller_speaking() const { return detector_.speaking(); }
  bool turn_open() const { return end_of_turn_.open(); }
  bool paused() const { return barge_in_.paused(); }

 private:
  /// The newest committed turn while its reply was not heard, so it may turn out to go on.
  struct Unanswered {
    std::string text;
    MediaTime started{};
    std::uint64_t revisable = 0;  // the one utterance of it that may still get a better transcript
  };

  void on_detection(SpeechDetector::Event event);
  void begin_or_resume();
  void caller_spoke_on();
  void weigh_words();
  void close_turn(EndOfTurn::Outcome outcome);
  void not_taken(bool wordless_speech);
  void commit(EndOfTurn::Committed turn);
  void take_floor(MediaTime speech_started);
  void release_held();
  void act(BargeIn::Decision decision);
  void settle();
  void revise(const speech::Transcript& transcript);
  bool at_boundary(MediaTime speech_started) const;
  bool floor_contested() const { return assistant_.replying && assistant_.interruptible; }
  void clock(MediaTime now);

  const TurnParameters parameters_;
  SpeechDetector detector_;
  EndOfTurn end_of_turn_;
  BargeIn barge_in_;
  DtmfInput dtmf_;
  Idle idle_;
  AssistantState assistant_;
  std::deque<Output> outputs_;

  MediaTime now_{};
  MediaTime utterance_started_{}, utterance_end_{};
  std::uint64_t utterance_ = 0, committed_through_ = 0, epoch_ = 0;
  bool boundary_ = false;      // the open turn began near an end of the assistant's speech
  bool acknowledged_ = false;  // the open turn already counted as an acknowledgement
  std::optional<Unanswered> unanswered_;
  std::optional<Unanswered> prefix_;  // the turn that the open one continues
  std::optional<EndOfTurn::Committed> held_;
};

}  // namespace parley::assistant
