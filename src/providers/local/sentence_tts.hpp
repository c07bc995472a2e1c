// Speech synthesis by a voice that renders sentences in the speech pool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "providers/local/sentence_cache.hpp"
#include "providers/local/voice.hpp"
#include "speech/job_queue.hpp"
#include "speech/tts.hpp"

namespace parley::providers::local {

struct SentenceTtsConfig {
  std::string name = "local";
  std::size_t cache_bytes = 32u << 20;  // half an hour of speech at 8 kHz
};

/// Renders one sentence per session at a time, in order, and remembers what it rendered: a sentence
/// in the cache is delivered without the pool. The whole sentence arrives in one on_audio().
class SentenceTts final : public speech::Tts {
 public:
  static constexpr std::size_t max_waiting = 64;  // sentences of one session; more of them fail

  SentenceTts(SentenceTtsConfig config, std::shared_ptr<Voice> voice, speech::JobQueue& pool);
  ~SentenceTts() override;

  std::string_view name() const override { return name_; }
  /// Null for languages other than English.
  std::unique_ptr<speech::TtsSession> open(const speech::TtsOptions& options, speech::TtsSink& sink,
                                           std::shared_ptr<speech::Executor> executor) override;

  /// Renders fixed phrases ahead, in the pool. What does not fit into its queue is rendered when it
  /// is said.
  void prerender(std::span<const std::string> texts, audio::Rate rate);
  std::size_t cached_bytes() const;

 private:
  struct Engine;
  class Session;
  std::string name_;
  std::shared_ptr<Engine> engine_;
};

}  // namespace parley::providers::local
