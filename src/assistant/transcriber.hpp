// Writes down what one person says, and says nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "assistant/ears.hpp"
#include "assistant/speech_detector.hpp"
#include "assistant/turn_parameters.hpp"
#include "call/application.hpp"

namespace parley::assistant {

/// Every utterance becomes a turn as soon as its final comes.
class Transcriber final : public call::Tap, private EarsListener {
 public:
  struct Config {
    std::shared_ptr<speech::Stt> stt;
    std::string language = "en";
    std::vector<std::string> vocabulary;
    DetectionParameters detection;
    call::Speaker speaker = call::Speaker::caller;  // events are named after it: `caller.transcript`
    std::string leg_id;
  };

  Transcriber(call::CallControl& call, Config config);

  bool hears() const { return ears_.hears(); }
  std::string_view provider() const { return ears_.provider(); }
  void hear(const call::SourceFrame& frame) override;
  void tick(MediaTime now);
  /// What is still awaited is stored as far as it is known.
  void finish();

 private:
  struct Utterance {
    std::uint64_t number = 0;
    MediaTime started{}, ended{};
    std::string text;
  };

  void begin(MediaTime started, MediaTime audio_from);
  void end(MediaTime t_end);
  void stop();
  void on_transcript(const speech::Transcript& transcript) override;
  void on_ears_failed(std::string_view reason, bool hears) override;
  void record(const Utterance& utterance);
  void emit(std::string_view what, std::string data);

  call::CallControl& call_;
  const Config config_;
  SpeechDetector detector_;
  std::deque<Utterance> pending_;  // awaiting their finals; bounded
  std::uint64_t number_ = 0;
  MediaTime begun_{}, last_end_{};
  Ears ears_;
};

}  // namespace parley::assistant
