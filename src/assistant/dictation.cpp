#include "assistant/dictation.hpp"

#include "assistant/events.hpp"
#include "assistant/transcriber.hpp"

namespace parley::assistant {

namespace {

class Dictation final : public call::Application {
 public:
  Dictation(call::CallControl& call, DictationConfig config)
      : call_{call},
        transcriber_{call,
                     {.stt = std::move(config.stt),
                      .language = std::move(config.language),
                      .vocabulary = std::move(config.vocabulary),
                      .detection = config.detection,
                      .leg_id = call.caller_leg_id()}} {}

  call::Tap* caller_tap() override { return &transcriber_; }
  void start() override {
    if (!transcriber_.hears())
      call_.emit("provider.failed", provider_failed_event("stt", transcriber_.provider(), "cannot be opened"));
  }
  void tick(MediaTime now) override { transcriber_.tick(now); }
  void finish() override { transcriber_.finish(); }

 private:
  call::CallControl& call_;
  Transcriber transcriber_;
};

}  // namespace

std::unique_ptr<call::Application> make_dictation(call::CallControl& call, DictationConfig config) {
  return std::make_unique<Dictation>(call, std::move(config));
}

}  // namespace parley::assistant
