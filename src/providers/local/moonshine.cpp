#include "providers/local/moonshine.hpp"

#include <mutex>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "providers/local/models.hpp"
#include "providers/local/moonshine_library.hpp"
#include "providers/local/utterance_session.hpp"

namespace parley::providers::local {

/// Transcribers that are not at work. One is loaded when all others are busy, so there are never
/// more than threads in the pool.
class Moonshine::Models final : public Recogniser {
 public:
  explicit Models(std::filesystem::path directory) : directory_{std::move(directory)} {}

  Result<std::string, std::string> recognise(std::span<const std::int16_t> samples) override {
    auto transcriber = take();
    if (!transcriber) return std::unexpected(transcriber.error());
    auto text = (*transcriber)->transcribe(samples);
    give_back(std::move(*transcriber));
    return text;
  }

  void load_one() {
    auto transcriber = take();
    if (transcriber) give_back(std::move(*transcriber));
  }

 private:
  using Loaded = Result<std::unique_ptr<MoonshineTranscriber>, std::string>;

  Loaded take() {
    const std::scoped_lock lock{mutex_};
    if (!free_.empty()) {
      auto transcriber = std::move(free_.back());
      free_.pop_back();
      return transcriber;
    }
    if (!failure_.empty()) return std::unexpected(failure_);
    // Loading under the lock: a second thread that finds none free waits a quarter of a second at
    // most once.
    auto loaded = load();
    if (!loaded) {
      failure_ = loaded.error();  // the files will not get better: fail fast from now on
      log::error("speech model not loaded reason=\"{}\"", failure_);
    }
    return loaded;
  }

  Loaded load() {
    const auto begun = Clock::now();
    if (library_ == nullptr) {
      auto opened = MoonshineLibrary::open(directory_ / "libmoonshine.so");
      if (!opened) return std::unexpected(opened.error());
      library_ = std::move(*opened);
    }
    auto transcriber = MoonshineTranscriber::load(library_, directory_ / "tiny-en");
    if (transcriber) log::info("speech model loaded name=moonshine-tiny-en ms={}", to_ms(Clock::now() - begun));
    return transcriber;
  }

  void give_back(std::unique_ptr<MoonshineTranscriber> transcriber) {
    const std::scoped_lock lock{mutex_};
    free_.push_back(std::move(transcriber));
  }

  const std::filesystem::path directory_;
  std::mutex mutex_;
  std::shared_ptr<const MoonshineLibrary> library_;
  std::vector<std::unique_ptr<MoonshineTranscriber>> free_;
  std::string failure_;
};

Moonshine::Moonshine(MoonshineConfig config, speech::JobQueue& pool) : pool_{pool} {
  const auto directory = find_models(model_directories(config.models),
                                     {"moonshine/libmoonshine.so", "moonshine/tiny-en/encoder_model.ort",
                                      "moonshine/tiny-en/decoder_model_merged.ort", "moonshine/tiny-en/tokenizer.bin"},
                                     missing_);
  if (!directory.empty()) models_ = std::make_shared<Models>(directory / "moonshine");
}

Moonshine::~Moonshine() = default;

std::unique_ptr<speech::SttSession> Moonshine::open(const speech::SttOptions& options, speech::SttSink& sink,
                                                    std::shared_ptr<speech::Executor> executor) {
  if (models_ == nullptr || !options.language.starts_with("en")) return nullptr;
  return std::make_unique<UtteranceSession>(
      UtteranceSessionConfig{.rate = options.rate, .provider = std::string{name()}}, models_, pool_, sink,
      std::move(executor));
}

void Moonshine::warm_up() {
  if (models_ == nullptr) return;
  // A full pool has begun to load it by itself.
  (void)pool_.try_submit([models = models_] { models->load_one(); });
}

std::shared_ptr<Recogniser> Moonshine::recogniser() const { return models_; }

}  // namespace parley::providers::local
