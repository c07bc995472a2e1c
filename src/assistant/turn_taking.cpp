#include "assistant/turn_taking.hpp"

#include <algorithm>
#include <utility>

#include "audio/frame.hpp"

namespace parley::assistant {

namespace {

std::string joined(std::string first, std::string_view second) {
  if (!first.empty() && !second.empty()) first += ' ';
  first += second;
  return first;
}

}  // namespace

TurnTaking::TurnTaking(TurnParameters parameters)
    : parameters_{std::move(parameters)},
      detector_{parameters_.detection},
      end_of_turn_{parameters_.end_of_turn},
      barge_in_{parameters_.barge_in},
      dtmf_{parameters_.dtmf},
      idle_{parameters_.idle} {}

void TurnTaking::frame(bool speech, int level_dbov, MediaTime at) {
  clock(at + audio::frame_duration);
  on_detection(detector_.frame(speech, level_dbov, at));
  if (speech && detector_.confirmed()) caller_spoke_on();
}

void TurnTaking::transcript(const speech::Transcript& transcript, MediaTime now) {
  clock(now);
  idle_.caller_active(now_);
  if (transcript.utterance != 0 && transcript.utterance <= committed_through_) return revise(transcript);
  const bool was_open = end_of_turn_.open();
  end_of_turn_.transcript(transcript, now_);
  if (!was_open && end_of_turn_.open()) boundary_ = at_boundary(transcript.started);
  weigh_words();
  settle();
}

void TurnTaking::stt_failed(MediaTime now) {
  clock(now);
  end_of_turn_.transcription_lost();
  settle();
}

void TurnTaking::dtmf(char digit, MediaTime now) {
  clock(now);
  idle_.caller_active(now_);
  if (floor_contested()) take_floor(now_);
  dtmf_.digit(digit, now_);
  settle();
}

void TurnTaking::input(std::string_view text, MediaTime now) {
  clock(now);
  idle_.caller_active(now_);
  if (floor_contested()) take_floor(now_);
  commit({.text = std::string{text}, .started = now_, .t_end = now_, .reason = EndReason::input});
}

void TurnTaking::assistant(const AssistantState& state) {
  const bool was_replying = assistant_.replying;
  assistant_ = state;
  if (was_replying && !state.replying) {
    act(barge_in_.dismissed());
    barge_in_.reset();
    unanswered_.reset();
  }
  release_held();
}

void TurnTaking::advance(MediaTime now) {
  clock(now);
  on_detection(detector_.advance(now_));
  settle();
  if (floor_contested()) act(barge_in_.advance(now_));

  const bool busy = assistant_.replying || assistant_.working || end_of_turn_.open() || detector_.confirmed() ||
                    dtmf_.open() || held_;
  switch (idle_.advance(busy, now_)) {
    case Idle::Event::none: break;
    case Idle::Event::prompt: outputs_.push_back(IdlePrompt{idle_.prompts()}); break;
    case Idle::Event::goodbye: outputs_.push_back(IdleGoodbye{}); break;
    case Idle::Event::dead: outputs_.push_back(DeadSilence{}); break;
  }
}

std::optional<TurnTaking::Output> TurnTaking::poll() {
  if (outputs_.empty()) return {};
  auto output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<EndOfTurn::Committed> TurnTaking::unfinished(MediaTime now) {
  clock(now);
  if (auto turn = end_of_turn_.take(EndReason::hard_stop, now_)) return turn;
  return std::exchange(held_, {});
}

void TurnTaking::on_detection(SpeechDetector::Event event) {
  switch (event) {
    case SpeechDetector::Event::none: return;
    case SpeechDetector::Event::started:
      // A turn that is open takes every sound as part of it; a new one waits for certain speech.
      if (end_of_turn_.open()) begin_or_resume();
      return;
    case SpeechDetector::Event::confirmed:
      idle_.caller_active(now_);
      if (!end_of_turn_.open()) {
        boundary_ = at_boundary(detector_.started());
        acknowledged_ = false;
      }
      if (!end_of_turn_.speaking()) begin_or_resume();
      outputs_.push_back(CallerStarted{detector_.started()});
      return;
    case SpeechDetector::Event::stopped:
      if (!end_of_turn_.speaking()) return;
      utterance_end_ = detector_.ended();
      end_of_turn_.ended(detector_.ended(), detector_.duration(), now_);
      barge_in_.stopped(detector_.ended());
      outputs_.push_back(EndUtterance{utterance_, detector_.ended()});
      if (detector_.duration() >= parameters_.detection.turn_start)
        outputs_.push_back(CallerStopped{detector_.ended()});
      return;
  }
}

void TurnTaking::begin_or_resume() {
  if (end_of_turn_.resumable()) {
    end_of_turn_.resumed(now_);
    outputs_.push_back(ResumeUtterance{utterance_});
    return;
  }
  // Never back into an utterance that was recognised already.
  utterance_started_ = std::max(detector_.started() - parameters_.detection.pre_roll, utterance_end_);
  end_of_turn_.began(++utterance_, detector_.started(), now_);
  outputs_.push_back(BeginUtterance{utterance_, utterance_started_});
}

void TurnTaking::caller_spoke_on() {
  if (now_ - utterance_started_ >= parameters_.end_of_turn.utterance_limit) {
    end_of_turn_.cut(now_);
    outputs_.push_back(EndUtterance{utterance_, now_});
    utterance_started_ = utterance_end_ = now_;
    end_of_turn_.began(++utterance_, now_, now_);
    outputs_.push_back(BeginUtterance{utterance_, now_});
  }
  if (floor_contested()) act(barge_in_.speech(detector_.duration(), assistant_.first_audible.has_value(), now_));
}

void TurnTaking::weigh_words() {
  if (!floor_contested() || !end_of_turn_.open()) return;
  const auto text = end_of_turn_.text();
  const bool complete = end_of_turn_.complete() && !end_of_turn_.speaking();
  if (complete) acknowledged_ = barge_in_.weigh(text, boundary_) == BargeIn::Weight::acknowledgement;
  act(barge_in_.words(text, boundary_, complete));
}

void TurnTaking::settle() {
  if (auto outcome = end_of_turn_.advance(now_)) close_turn(std::move(*outcome));
  if (auto digits = dtmf_.advance(now_)) {
    // Words still being said stay a turn of their own; finished ones belong to the digits.
    std::optional<EndOfTurn::Committed> said;
    if (!end_of_turn_.speaking() && end_of_turn_.open()) {
      said = end_of_turn_.take(EndReason::dtmf, now_);
      committed_through_ = utterance_;
    }
    commit({.text = joined(said ? said->text : std::string{}, *digits),
            .started = said ? said->started : dtmf_.started(),
            .t_end = dtmf_.last(),
            .reason = EndReason::dtmf});
  }
}

void TurnTaking::close_turn(EndOfTurn::Outcome outcome) {
  auto* turn = std::get_if<EndOfTurn::Committed>(&outcome);
  if (!turn) return not_taken(std::holds_alternative<EndOfTurn::NotUnderstood>(outcome));

  committed_through_ = utterance_;
  const bool contested = floor_contested();
  const bool ignorable = contested || std::exchange(acknowledged_, false);
  if (ignorable && barge_in_.weigh(turn->text, boundary_) != BargeIn::Weight::enough) {
    outputs_.push_back(Acknowledged{std::move(turn->text), turn->started, turn->t_end});
    return not_taken(false);
  }
  if (contested) take_floor(turn->started);
  commit(std::move(*turn));
}

void TurnTaking::not_taken(bool wordless_speech) {
  acknowledged_ = false;
  if (prefix_) {  // the earlier part of the turn still wants its answer
    commit({.text = {}, .started = prefix_->started, .t_end = now_});
    return;
  }
  if (floor_contested()) return act(barge_in_.dismissed());
  if (wordless_speech && !assistant_.replying) outputs_.push_back(SpeechNotUnderstood{});
}

void TurnTaking::commit(EndOfTurn::Committed turn) {
  if (assistant_.replying && !assistant_.interruptible) {  // told when the assistant is done
    if (held_) turn.text = joined(std::move(held_->text), turn.text);
    held_ = std::move(turn);
    return;
  }
  CommitTurn output{.text = std::move(turn.text),
                    .started = turn.started,
                    .t_end = turn.t_end,
                    .reason = turn.reason,
                    .stt_final = turn.stt_final,
                    .epoch = ++epoch_,
                    .continues = prefix_.has_value()};
  if (prefix_) {
    output.text = joined(std::move(prefix_->text), output.text);
    output.started = prefix_->started;
    prefix_.reset();
  }
  const bool one_utterance = turn.first_utterance == turn.last_utterance;
  unanswered_ =
      Unanswered{.text = output.text,
                 .started = output.started,
                 .revisable = !output.continues && one_utterance && !turn.stt_final ? turn.last_utterance : 0};
  acknowledged_ = false;
  outputs_.push_back(std::move(output));
}

void TurnTaking::take_floor(MediaTime speech_started) {
  const auto heard_from = assistant_.first_audible
                              ? *assistant_.first_audible + parameters_.barge_in.leading_silence_grace
                              : MediaTime::max();
  const bool same_turn = unanswered_ && speech_started < heard_from;
  if (same_turn) prefix_ = std::move(unanswered_);
  unanswered_.reset();
  barge_in_.reset();
  assistant_ = {};
  outputs_.push_back(CommitBargeIn{++epoch_, same_turn});
}

void TurnTaking::release_held() {
  if (!held_ || (assistant_.replying && !assistant_.interruptible)) return;
  auto turn = std::move(*held_);
  held_.reset();
  if (floor_contested()) take_floor(turn.started);
  commit(std::move(turn));
}

void TurnTaking::act(BargeIn::Decision decision) {
  switch (decision) {
    case BargeIn::Decision::none: break;
    case BargeIn::Decision::pause: outputs_.push_back(Pause{}); break;
    case BargeIn::Decision::resume: outputs_.push_back(Resume{}); break;
    case BargeIn::Decision::commit: take_floor(detector_.started()); break;
  }
}

/// A final for a turn that was committed without it: when the answer was not heard yet and the
/// words differ, the caller gets the answer to what was really said.
void TurnTaking::revise(const speech::Transcript& transcript) {
  if (!transcript.final || !unanswered_ || unanswered_->revisable != transcript.utterance) return;
  if (assistant_.first_audible || transcript.text.empty()) return;
  unanswered_->revisable = 0;
  if (folded(unanswered_->text) == folded(transcript.text)) return;
  auto turn = EndOfTurn::Committed{.text = transcript.text,
                                   .started = unanswered_->started,
                                   .t_end = transcript.ended,
                                   .reason = EndReason::stt,
                                   .stt_final = now_};
  take_floor(turn.started);
  if (prefix_) prefix_->text.clear();  // replaced, not joined
  commit(std::move(turn));
}

bool TurnTaking::at_boundary(MediaTime speech_started) const {
  if (!assistant_.replying || !assistant_.first_audible) return true;
  const auto near = parameters_.barge_in.boundary;
  if (speech_started < *assistant_.first_audible + near) return true;
  return assistant_.remaining && *assistant_.remaining + (now_ - speech_started) <= near;
}

void TurnTaking::clock(MediaTime now) { now_ = std::max(now_, now); }

}  // namespace parley::assistant
