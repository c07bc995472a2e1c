#include "call/test_extensions.hpp"

#include "audio/tone.hpp"

namespace parley::call {
namespace {

class Echo final : public Application, private Participant {
 public:
  explicit Echo(audio::Rate rate) : last_{rate} {}
  Participant* participant() override { return this; }

 private:
  bool read(audio::Frame& frame) override {
    frame = last_;
    return audible_;
  }
  void write(const audio::Frame* frame) override {
    audible_ = frame != nullptr;
    if (frame) last_ = *frame;
  }

  audio::Frame last_;
  bool audible_ = false;
};

class TestTone final : public Application, private Participant {
 public:
  explicit TestTone(audio::Rate rate) : tone_{audio::test_tone, rate} {}
  Participant* participant() override { return this; }

 private:
  bool read(audio::Frame& frame) override { return tone_.read(frame); }
  void write(const audio::Frame*) override {}
  bool is_pullable() const override { return true; }

  audio::Tone tone_;
};

class Listener final : public Application, private Tap {
 public:
  explicit Listener(CallControl& call) : call_{call} {}
  Tap* caller_tap() override { return this; }

 private:
  // Long enough that a word's own gaps are no events: a listener reports phrases.
  static constexpr int frames_to_start = 5, frames_to_stop = 25;

  void hear(const SourceFrame& frame) override {
    run_ = frame.speech == speaking_ ? 0 : run_ + 1;
    if (run_ < (speaking_ ? frames_to_stop : frames_to_start)) return;
    run_ = 0;
    speaking_ = !speaking_;
    call_.emit(speaking_ ? "caller.speech_started" : "caller.speech_stopped", "{}");
  }

  CallControl& call_;
  bool speaking_ = false;
  int run_ = 0;
};

}  // namespace

std::unique_ptr<Application> make_echo(audio::Rate rate) { return std::make_unique<Echo>(rate); }
std::unique_ptr<Application> make_tone(audio::Rate rate) { return std::make_unique<TestTone>(rate); }
std::unique_ptr<Application> make_listener(CallControl& call) { return std::make_unique<Listener>(call); }

}  // namespace parley::call
