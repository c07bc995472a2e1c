// Text to speech, sentence by sentence.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "audio/frame.hpp"
#include "speech/executor.hpp"

namespace parley::speech {

/// Where a synthesis reports, on the call's worker, never from inside say() and never after the
/// TtsSession is destroyed or cancel() was called.
class TtsSink {
 public:
  virtual ~TtsSink() = default;
  /// PCM at the session's rate, any length. `sentence` is the number given to say(). Sentences
  /// arrive in the order they were given, each whole before the next.
  virtual void on_audio(std::uint64_t sentence, std::span<const std::int16_t> samples) = 0;
  /// All audio of the sentence has been delivered; its length is now known exactly.
  virtual void on_sentence_done(std::uint64_t sentence) = 0;
  virtual void on_tts_failed(std::uint64_t sentence, std::string_view reason) = 0;
};

/// The voice of one call. Nothing here blocks or throws.
class TtsSession {
 public:
  virtual ~TtsSession() = default;  // cancels
  virtual void say(std::uint64_t sentence, std::string text) = 0;
  /// Nothing more of what was asked for is delivered. The session stays usable.
  virtual void cancel() = 0;
};

struct TtsOptions {
  audio::Rate rate = audio::Rate::narrow;
  std::string language = "en";
  std::string voice;  // empty: the provider's own choice
};

class Tts {
 public:
  virtual ~Tts() = default;
  virtual std::string_view name() const = 0;
  /// Null when the provider cannot serve.
  virtual std::unique_ptr<TtsSession> open(const TtsOptions& options, TtsSink& sink,
                                           std::shared_ptr<Executor> executor) = 0;
};

}  // namespace parley::speech
