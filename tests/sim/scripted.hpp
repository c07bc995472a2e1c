// Providers that do what a test says, on virtual time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/timeline.hpp"
#include "speech/llm.hpp"
#include "speech/stt.hpp"
#include "speech/tts.hpp"

namespace parley::sim {

/// What a session still owes; void when it was cancelled or is gone.
class Promises {
 public:
  explicit Promises(Timeline& timeline) : timeline_{timeline} {}
  void later(Duration delay, std::function<void()> what) {
    timeline_.after(delay, [alive = std::weak_ptr{alive_}, what = std::move(what)] {
      if (alive.lock()) what();
    });
  }
  void cancel() { alive_ = std::make_shared<int>(0); }

 private:
  Timeline& timeline_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

/// Recognises the next of `texts`, `delay` after an utterance ended; nothing when there are no more.
struct ScriptedStt final : speech::Stt {
  explicit ScriptedStt(Timeline& timeline) : timeline{timeline} {}
  std::string_view name() const override { return "scripted-stt"; }
  std::unique_ptr<speech::SttSession> open(const speech::SttOptions&, speech::SttSink& sink,
                                           std::shared_ptr<speech::Executor>) override;

  Timeline& timeline;
  Duration delay = 200ms;
  std::vector<std::string> texts;
  std::size_t next = 0;
};

struct ScriptedSttSession final : speech::SttSession {
  ScriptedSttSession(ScriptedStt& owner, speech::SttSink& sink) : owner{owner}, sink{sink}, promises{owner.timeline} {}
  void begin_utterance(std::uint64_t number, speech::MediaTime) override { utterance = number; }
  void write(const audio::Frame&) override {}
  void end_utterance(speech::MediaTime ended) override {
    promises.later(owner.delay, [this, ended] {
      const auto text = owner.next < owner.texts.size() ? owner.texts[owner.next++] : std::string{};
      sink.on_transcript({.utterance = utterance, .text = text, .final = true, .ended = ended});
    });
  }
  void resume_utterance() override { promises.cancel(); }

  ScriptedStt& owner;
  speech::SttSink& sink;
  Promises promises;
  std::uint64_t utterance = 0;
};

inline std::unique_ptr<speech::SttSession> ScriptedStt::open(const speech::SttOptions&, speech::SttSink& sink,
                                                             std::shared_ptr<speech::Executor>) {
  return std::make_unique<ScriptedSttSession>(*this, sink);
}

/// Speaks `voice(text)`, all of it `delay` after it was asked.
struct ScriptedTts final : speech::Tts {
  using Samples = std::vector<std::int16_t>;
  ScriptedTts(Timeline& timeline, std::function<Samples(std::string_view)> voice)
      : timeline{timeline}, voice{std::move(voice)} {}
  std::string_view name() const override { return "scripted-tts"; }
  std::unique_ptr<speech::TtsSession> open(const speech::TtsOptions&, speech::TtsSink& sink,
                                           std::shared_ptr<speech::Executor>) override;

  Timeline& timeline;
  std::function<Samples(std::string_view)> voice;
  Duration delay = 100ms;
};

struct ScriptedTtsSession final : speech::TtsSession {
  ScriptedTtsSession(ScriptedTts& owner, speech::TtsSink& sink) : owner{owner}, sink{sink}, promises{owner.timeline} {}
  void say(std::uint64_t sentence, std::string text) override {
    promises.later(owner.delay, [this, sentence, text = std::move(text)] {
      sink.on_audio(sentence, owner.voice(text));
      sink.on_sentence_done(sentence);
    });
  }
  void cancel() override { promises.cancel(); }

  ScriptedTts& owner;
  speech::TtsSink& sink;
  Promises promises;
};

inline std::unique_ptr<speech::TtsSession> ScriptedTts::open(const speech::TtsOptions&, speech::TtsSink& sink,
                                                             std::shared_ptr<speech::Executor>) {
  return std::make_unique<ScriptedTtsSession>(*this, sink);
}

/// Answers everything with `reply`, `delay` after it was asked.
struct ScriptedLlm final : speech::Llm {
  explicit ScriptedLlm(Timeline& timeline) : timeline{timeline} {}
  std::string_view name() const override { return "scripted-llm"; }
  std::unique_ptr<speech::LlmGeneration> generate(speech::LlmRequest request, speech::LlmSink& sink,
                                                  std::shared_ptr<speech::Executor>) override {
    struct Generation final : speech::LlmGeneration {
      explicit Generation(Timeline& timeline) : promises{timeline} {}
      Promises promises;
    };
    requests.push_back(std::move(request));
    auto generation = std::make_unique<Generation>(timeline);
    generation->promises.later(delay, [&sink, text = reply] {
      sink.on_text(text);
      sink.on_done();
    });
    return generation;
  }

  Timeline& timeline;
  Duration delay = 200ms;
  std::string reply = "Fine.";
  std::vector<speech::LlmRequest> requests;
};

}  // namespace parley::sim
