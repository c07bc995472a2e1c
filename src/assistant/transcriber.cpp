#include "assistant/transcriber.hpp"

#include <algorithm>

#include "assistant/events.hpp"

namespace parley::assistant {

namespace {

constexpr std::size_t max_pending = 64;
constexpr MediaTime utterance_limit = 30s;

}  // namespace

Transcriber::Transcriber(call::CallControl& call, Config config)
    : call_{call},
      config_{std::move(config)},
      detector_{config_.detection},
      ears_{config_.stt,
            {.rate = call.rate(), .language = config_.language, .vocabulary = config_.vocabulary},
            call.executor(),
            *this} {}

void Transcriber::emit(std::string_view what, std::string data) {
  call_.emit(std::string{call::to_string(config_.speaker)} + '.' + std::string{what}, std::move(data));
}

void Transcriber::hear(const call::SourceFrame& frame) {
  ears_.hear(frame.original, frame.at);
  switch (detector_.frame(frame.speech, frame.level_dbov, frame.at)) {
    case SpeechDetector::Event::confirmed:
      emit("speech_started", "{}");
      begin(detector_.started(), std::max(detector_.started() - config_.detection.pre_roll, last_end_));
      break;
    case SpeechDetector::Event::stopped: stop(); break;
    default: break;
  }
  if (detector_.confirmed() && frame.at - begun_ >= utterance_limit) {
    end(frame.at);
    begin(frame.at, frame.at);
  }
}

void Transcriber::tick(MediaTime now) {
  ears_.tick();
  if (detector_.advance(now) == SpeechDetector::Event::stopped) stop();
}

void Transcriber::finish() {
  for (const auto& utterance : std::exchange(pending_, {})) record(utterance);
}

void Transcriber::begin(MediaTime started, MediaTime audio_from) {
  if (pending_.size() == max_pending) {
    record(pending_.front());
    pending_.pop_front();
  }
  begun_ = started;
  pending_.push_back({.number = ++number_, .started = started, .ended = started, .text = {}});
  ears_.begin(number_, audio_from);
}

void Transcriber::end(MediaTime t_end) {
  last_end_ = t_end;
  if (!pending_.empty()) pending_.back().ended = t_end;
  ears_.end(t_end);
}

void Transcriber::stop() {
  if (detector_.duration() < config_.detection.turn_start) return;  // a sound that never was an utterance
  end(detector_.ended());
  emit("speech_stopped", "{}");
}

void Transcriber::on_transcript(const speech::Transcript& transcript) {
  emit("transcript", transcript_event(transcript.text, transcript.final));
  if (transcript.utterance == 0) {  // the engine cuts by itself
    if (transcript.final) record({0, transcript.started, transcript.ended, transcript.text});
    return;
  }
  const auto utterance = std::ranges::find(pending_, transcript.utterance, &Utterance::number);
  if (utterance == pending_.end()) return;
  utterance->text = transcript.text;
  if (!transcript.final) return;
  record(*utterance);
  pending_.erase(utterance);
}

void Transcriber::on_ears_failed(std::string_view reason, bool) {
  call_.emit("provider.failed", provider_failed_event("stt", ears_.provider(), reason));
  finish();
}

void Transcriber::record(const Utterance& utterance) {
  if (utterance.text.empty()) return;
  call_.record_turn({.speaker = config_.speaker,
                     .leg_id = config_.leg_id,
                     .text = utterance.text,
                     .started = utterance.started,
                     .ended = utterance.ended,
                     .provider = std::string{ears_.provider()}});
}

}  // namespace parley::assistant
