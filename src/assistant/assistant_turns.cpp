// What the assistant does about each decision of turn-taking.
#include <algorithm>

#include "assistant/assistant.hpp"
#include "assistant/events.hpp"

namespace parley::assistant {

void Assistant::pump() {
  while (auto output = turns_.poll()) std::visit([this](const auto& o) { act(o); }, *output);
}

void Assistant::act(const TurnTaking::BeginUtterance& output) { ears_.begin(output.utterance, output.started); }

void Assistant::act(const TurnTaking::EndUtterance& output) {
  ears_.end(output.t_end);
  if (!ears_.hears()) turns_.stt_failed(call_.now());  // no transcript will come
}

void Assistant::act(const TurnTaking::ResumeUtterance&) { ears_.resume(); }

void Assistant::act(const TurnTaking::CallerStarted&) { call_.emit("caller.speech_started", "{}"); }

void Assistant::act(const TurnTaking::CallerStopped&) { call_.emit("caller.speech_stopped", "{}"); }

void Assistant::act(const TurnTaking::Pause&) {
  voice_.pause();
  voice_.drop_fillers();
}

void Assistant::act(const TurnTaking::Resume&) { voice_.resume(); }

void Assistant::act(const TurnTaking::CommitBargeIn& output) {
  if (!saying_) return;
  if (!output.same_turn) return cut_saying();
  // The reply never was: nothing of it is stored, the caller's turn waits for its other half.
  voice_.cancel();
  conversation_.interrupt({});
  hang_up_.reset();
  if (saying_->audible) call_.emit("assistant.speech_stopped", speech_stopped_event({}, true));
  saying_.reset();
}

void Assistant::act(const TurnTaking::CommitTurn& output) {
  if (saying_) cut_saying();
  auto text = output.text;
  if (output.reason == EndReason::dtmf && !ears_.hears() && !text.empty()) {
    const auto entry = config_.menu.find(text.back());
    if (entry == config_.menu.end()) return say_prompt(Saying::Kind::prompt, config_.phrases.deaf);
    text = entry->second;
  }
  if (output.continues) caller_turn_.reset();
  record_caller();
  caller_turn_ = call::Turn{.speaker = call::Speaker::caller,
                            .leg_id = call_.caller_leg_id(),
                            .text = text,
                            .started = output.started,
                            .ended = output.t_end,
                            .provider = std::string{ears_.provider()}};
  call_.emit("caller.transcript", transcript_event(text, true));
  ++caller_turns_;
  if (overheard(output)) return record_caller();

  auto& saying = begin_saying(Saying::Kind::reply);
  saying.begun = call_.now();
  saying.due = saying.begun;
  if (output.reason != EndReason::dtmf && output.reason != EndReason::input) {
    saying.t_end = output.t_end;
    saying.stt_final = output.stt_final;
    const auto& waits = config_.turns.end_of_turn;
    if (output.reason == EndReason::silence) saying.due = output.t_end + waits.delay;
    if (output.reason == EndReason::stt && output.stt_final) saying.due = *output.stt_final;
    if (output.reason == EndReason::stt_missed) saying.due = output.t_end + waits.stt_final_wait;
    if (output.stt_final)
      caller_turn_->timings_ms["stt_final_ms"] =
          std::chrono::duration_cast<std::chrono::milliseconds>(*output.stt_final - output.t_end).count();
  }
  call_.emit("assistant.thinking", "{}");
  if (output.continues) conversation_.user_continued(std::move(text));
  else conversation_.user(std::move(text));
}

void Assistant::act(const TurnTaking::Acknowledged& output) {
  call_.emit("caller.transcript", acknowledgement_event(output.text));
  call_.record_turn({.speaker = call::Speaker::caller,
                     .leg_id = call_.caller_leg_id(),
                     .text = output.text,
                     .started = output.started,
                     .ended = output.t_end,
                     .provider = std::string{ears_.provider()}});
}

void Assistant::act(const TurnTaking::SpeechNotUnderstood&) {
  if (!saying_ && talks())
    say_prompt(Saying::Kind::prompt, ears_.hears() ? config_.phrases.not_understood : config_.phrases.deaf);
}

void Assistant::act(const TurnTaking::IdlePrompt&) {
  if (!saying_ && talks()) say_prompt(Saying::Kind::prompt, config_.phrases.still_there);
}

void Assistant::act(const TurnTaking::IdleGoodbye&) {
  if (saying_ || !talks()) return;
  hang_up_ = call::EndCause::idle;
  say_prompt(Saying::Kind::goodbye, config_.phrases.goodbye);
}

void Assistant::act(const TurnTaking::DeadSilence&) { call_.hang_up(call::EndCause::idle); }

void Assistant::on_transcript(const speech::Transcript& transcript) {
  if (!transcript.final && !transcript.text.empty())
    call_.emit("caller.transcript", transcript_event(transcript.text, false));
  turns_.transcript(transcript, call_.now());
  pump();
}

void Assistant::on_ears_failed(std::string_view reason, bool hears) {
  call_.emit("provider.failed", provider_failed_event("stt", ears_.provider(), reason));
  turns_.stt_failed(call_.now());
  pump();
  if (!hears && !saying_ && talks()) say_prompt(Saying::Kind::prompt, config_.phrases.deaf);
}

}  // namespace parley::assistant
