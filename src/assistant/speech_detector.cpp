#include "assistant/speech_detector.hpp"

#include "audio/frame.hpp"

namespace parley::assistant {

SpeechDetector::Event SpeechDetector::frame(bool speech, int level_dbov, MediaTime at) {
  const MediaTime end = at + audio::frame_duration;
  const bool heard = speech && level_dbov >= parameters_.level_gate_dbov;

  if (!heard) {
    run_start_.reset();
    return speaking() && end - speech_end_ >= parameters_.stop_silence ? stop() : Event::none;
  }
  if (!run_start_) run_start_ = at;
  if (state_ == State::silent) {
    if (end - *run_start_ < parameters_.speech_event) return Event::none;
    state_ = State::sound;
    started_ = *run_start_;
    speech_end_ = end;
    return Event::started;
  }
  speech_end_ = end;
  if (state_ == State::sound && duration() >= parameters_.turn_start) {
    state_ = State::speech;
    return Event::confirmed;
  }
  return Event::none;
}

SpeechDetector::Event SpeechDetector::advance(MediaTime now) {
  return speaking() && now - speech_end_ >= parameters_.audio_gone ? stop() : Event::none;
}

SpeechDetector::Event SpeechDetector::stop() {
  state_ = State::silent;
  run_start_.reset();
  return Event::stopped;
}

}  // namespace parley::assistant
