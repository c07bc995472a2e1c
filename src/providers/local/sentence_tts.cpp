#include "providers/local/sentence_tts.hpp"

#include <atomic>
#include <deque>
#include <utility>

#include "audio/resampler.hpp"
#include "providers/local/polish.hpp"

namespace parley::providers::local {

/// What sessions share; lives as long as the last job that uses it.
struct SentenceTts::Engine {
  std::shared_ptr<Voice> voice;
  speech::JobQueue& pool;
  SentenceCache cache;

  /// In the pool.
  Result<Pcm, std::string> render(const std::string& text, std::uint32_t rate_hz) {
    if (auto cached = cache.find(text, rate_hz)) return cached;
    auto samples = voice->render(text);
    if (!samples) return std::unexpected(samples.error());
    if (voice->rate_hz() != rate_hz) *samples = audio::resample(*samples, voice->rate_hz(), rate_hz);
    polish(*samples, rate_hz);
    samples->shrink_to_fit();
    auto pcm = std::make_shared<const std::vector<std::int16_t>>(std::move(*samples));
    cache.insert(text, rate_hz, pcm);
    return Pcm{std::move(pcm)};
  }
};

class SentenceTts::Session final : public speech::TtsSession {
 public:
  Session(std::shared_ptr<Engine> engine, audio::Rate rate, speech::TtsSink& sink,
          std::shared_ptr<speech::Executor> executor)
      : core_{std::make_shared<Core>(std::move(engine), audio::hertz(rate), sink, std::move(executor))} {}
  ~Session() override { cancel(); }

  void say(std::uint64_t sentence, std::string text) override { core_->say(sentence, std::move(text)); }
  void cancel() override {
    core_->valid->store(false, std::memory_order_relaxed);
    core_->valid = std::make_shared<std::atomic<bool>>(true);
    core_->waiting.clear();
    core_->is_busy = false;
  }

 private:
  /// Lives on the worker. What a job brings back counts only while the `valid` it was given still
  /// is.
  struct Core : std::enable_shared_from_this<Core> {
    struct Sentence {
      std::uint64_t number;
      std::string text;
    };
    using Valid = std::shared_ptr<std::atomic<bool>>;
    using Rendered = Result<Pcm, std::string>;

    std::shared_ptr<Engine> engine;
    std::uint32_t rate_hz;
    speech::TtsSink& sink;
    std::shared_ptr<speech::Executor> executor;
    std::deque<Sentence> waiting;
    bool is_busy = false;  // with the front of `waiting`
    Valid valid = std::make_shared<std::atomic<bool>>(true);

    Core(std::shared_ptr<Engine> e, std::uint32_t rate, speech::TtsSink& s, std::shared_ptr<speech::Executor> x)
        : engine{std::move(e)}, rate_hz{rate}, sink{s}, executor{std::move(x)} {}

    void say(std::uint64_t number, std::string text) {
      if (waiting.size() >= max_waiting) {
        executor->post([weak = weak_from_this(), valid = valid, number] {
          const auto alive = weak.lock();
          if (alive && valid->load(std::memory_order_relaxed))
            alive->sink.on_tts_failed(number, "too many sentences are waiting");
        });
        return;
      }
      waiting.push_back({number, std::move(text)});
      if (!is_busy) next();
    }

    void next() {
      if (waiting.empty()) return;
      is_busy = true;
      if (auto cached = engine->cache.find(waiting.front().text, rate_hz))
        return deliver_later(*this, std::move(cached));

      const bool accepted =
          engine->pool.try_submit([engine = engine, text = waiting.front().text, rate = rate_hz, valid = valid,
                                   weak = weak_from_this(), post = executor]() mutable {
            if (!valid->load(std::memory_order_relaxed)) return;
            auto rendered = engine->render(text, rate);
            deliver_by(*post, std::move(weak), std::move(valid), std::move(rendered));
          });
      if (!accepted) deliver_later(*this, std::unexpected("speech pool full"));
    }

    static void deliver_later(Core& core, Rendered rendered) {
      deliver_by(*core.executor, core.weak_from_this(), core.valid, std::move(rendered));
    }
    static void deliver_by(speech::Executor& executor, std::weak_ptr<Core> weak, Valid valid, Rendered rendered) {
      executor.post([weak = std::move(weak), valid = std::move(valid), rendered = std::move(rendered)] {
        const auto alive = weak.lock();
        if (alive && valid->load(std::memory_order_relaxed)) alive->deliver(valid, rendered);
      });
    }

    // The sink may cancel, or destroy the session, inside each of its functions.
    void deliver(const Valid& still, const Rendered& rendered) {
      const auto is_valid = [&] { return still->load(std::memory_order_relaxed); };
      const std::uint64_t number = waiting.front().number;
      waiting.pop_front();
      is_busy = false;
      if (rendered) {
        if (!(*rendered)->empty()) sink.on_audio(number, **rendered);
        if (is_valid()) sink.on_sentence_done(number);
      } else {
        sink.on_tts_failed(number, rendered.error());
      }
      if (is_valid() && !is_busy) next();
    }
  };

  std::shared_ptr<Core> core_;
};

SentenceTts::SentenceTts(SentenceTtsConfig config, std::shared_ptr<Voice> voice, speech::JobQueue& pool)
    : name_{std::move(config.name)}, engine_{new Engine{std::move(voice), pool, SentenceCache{config.cache_bytes}}} {}

SentenceTts::~SentenceTts() = default;

std::unique_ptr<speech::TtsSession> SentenceTts::open(const speech::TtsOptions& options, speech::TtsSink& sink,
                                                      std::shared_ptr<speech::Executor> executor) {
  if (!options.language.starts_with("en")) return nullptr;
  return std::make_unique<Session>(engine_, options.rate, sink, std::move(executor));
}

void SentenceTts::prerender(std::span<const std::string> texts, audio::Rate rate) {
  for (const auto& text : texts) {
    const bool accepted = engine_->pool.try_submit(
        [engine = engine_, text, rate_hz = audio::hertz(rate)] { (void)engine->render(text, rate_hz); });
    if (!accepted) return;
  }
}

std::size_t SentenceTts::cached_bytes() const { return engine_->cache.bytes(); }

}  // namespace parley::providers::local
