#include "assistant/dictation.hpp"

#include <algorithm>
#include <deque>

#include "assistant/ears.hpp"
#include "assistant/events.hpp"
#include "assistant/speech_detector.hpp"

namespace parley::assistant {

namespace {

constexpr std::size_t max_pending = 64;
constexpr MediaTime utterance_limit = 30s;

class Dictation final : public call::Application, private call::Tap, private EarsListener {
 public:
  Dictation(call::CallControl& call, DictationConfig config)
      : call_{call},
        pre_roll_{config.detection.pre_roll},
        turn_start_{config.detection.turn_start},
        detector_{config.detection},
        ears_{config.stt,
              {.rate = call.rate(), .language = config.language, .vocabulary = config.vocabulary},
              call.executor(),
              *this} {}

  call::Tap* caller_tap() override { return this; }

  void start() override {
    if (!ears_.hears())
      call_.emit("provider.failed", provider_failed_event("stt", ears_.provider(), "cannot be opened"));
  }

  void tick(MediaTime now) override {
    ears_.tick();
    if (detector_.advance(now) == SpeechDetector::Event::stopped) stop();
  }

  void finish() override {
    while (!pending_.empty()) record(pending_.front());
  }

 private:
  struct Utterance {
    std::uint64_t number = 0;
    MediaTime started{}, ended{};
    std::string text;
  };

  void hear(const call::SourceFrame& frame) override {
    ears_.hear(frame.original, frame.at);
    switch (detector_.frame(frame.speech, frame.level_dbov, frame.at)) {
      case SpeechDetector::Event::confirmed:
        call_.emit("caller.speech_started", "{}");
        begin(detector_.started(), std::max(detector_.started() - pre_roll_, last_end_));
        break;
      case SpeechDetector::Event::stopped: stop(); break;
      default: break;
    }
    if (detector_.confirmed() && frame.at - begun_ >= utterance_limit) {
      end(frame.at);
      begin(frame.at, frame.at);
    }
  }

  void begin(MediaTime started, MediaTime audio_from) {
    if (pending_.size() == max_pending) record(pending_.front());
    begun_ = started;
    pending_.push_back({.number = ++number_, .started = started, .ended = started, .text = {}});
    ears_.begin(number_, audio_from);
  }

  void end(MediaTime t_end) {
    last_end_ = t_end;
    if (!pending_.empty()) pending_.back().ended = t_end;
    ears_.end(t_end);
  }

  void stop() {
    if (detector_.duration() < turn_start_) return;  // a sound that never was an utterance
    end(detector_.ended());
    call_.emit("caller.speech_stopped", "{}");
  }

  void on_transcript(const speech::Transcript& transcript) override {
    call_.emit("caller.transcript", transcript_event(transcript.text, transcript.final));
    if (transcript.utterance == 0) {  // the engine cuts by itself
      if (transcript.final) record_turn({0, transcript.started, transcript.ended, transcript.text});
      return;
    }
    const auto utterance = std::ranges::find(pending_, transcript.utterance, &Utterance::number);
    if (utterance == pending_.end()) return;
    utterance->text = transcript.text;
    if (!transcript.final) return;
    record_turn(*utterance);
    pending_.erase(utterance);
  }

  void on_ears_failed(std::string_view reason, bool) override {
    call_.emit("provider.failed", provider_failed_event("stt", ears_.provider(), reason));
    while (!pending_.empty()) record(pending_.front());
  }

  void record(const Utterance& utterance) {
    record_turn(utterance);
    pending_.pop_front();
  }

  void record_turn(const Utterance& utterance) {
    if (utterance.text.empty()) return;
    call_.record_turn({.speaker = call::Speaker::caller,
                       .leg_id = call_.caller_leg_id(),
                       .text = utterance.text,
                       .started = utterance.started,
                       .ended = utterance.ended,
                       .provider = std::string{ears_.provider()}});
  }

  call::CallControl& call_;
  const MediaTime pre_roll_, turn_start_;
  SpeechDetector detector_;
  std::deque<Utterance> pending_;  // awaiting their finals
  std::uint64_t number_ = 0;
  MediaTime begun_{}, last_end_{};
  Ears ears_;
};

}  // namespace

std::unique_ptr<call::Application> make_dictation(call::CallControl& call, DictationConfig config) {
  return std::make_unique<Dictation>(call, std::move(config));
}

}  // namespace parley::assistant
