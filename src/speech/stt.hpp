// Speech to text: what every recogniser, on this machine or in a cloud, looks like to a call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audio/frame.hpp"
#include "speech/executor.hpp"
#include "speech/media_time.hpp"

namespace parley::speech {

struct Transcript {
  std::uint64_t utterance = 0;  // the number given to begin_utterance(); 0 when the engine segments itself
  std::string text;
  bool final = false;  // false: an interim that a later one replaces
  MediaTime started{}, ended{};
  std::string provider;
};

/// Where a session reports. Every call arrives on the worker of the session's call, never from
/// inside one of the session's own functions, and never after the session is destroyed.
class SttSink {
 public:
  virtual ~SttSink() = default;
  virtual void on_transcript(const Transcript& transcript) = 0;
  /// The session is of no further use. `reason` is for the log and the event, without secrets.
  virtual void on_stt_failed(std::string_view reason) = 0;
};

/// One party's recognition during one call.
///
/// The call's own voice activity detection says where utterances are; a session that segments by
/// itself may ignore begin and end. Audio reaches write() only inside an utterance, its pre-roll
/// included, so an idle caller costs nothing. Nothing here blocks or throws.
class SttSession {
 public:
  virtual ~SttSession() = default;  // cancels what is under way
  virtual void begin_utterance(std::uint64_t utterance, MediaTime started) = 0;
  virtual void write(const audio::Frame& frame) = 0;
  /// The caller seems to have stopped at `ended`: recognise now. May be followed by
  /// resume_utterance() when speech goes on, which voids the final of this end.
  virtual void end_utterance(MediaTime ended) = 0;
  virtual void resume_utterance() = 0;
};

struct SttOptions {
  audio::Rate rate = audio::Rate::narrow;
  std::string language = "en";
  std::vector<std::string> vocabulary;
};

/// A provider as configured; lives as long as the program and is shared by all workers.
class Stt {
 public:
  virtual ~Stt() = default;
  virtual std::string_view name() const = 0;
  /// Null with no side effect when the provider cannot serve (model missing, no capacity).
  virtual std::unique_ptr<SttSession> open(const SttOptions& options, SttSink& sink,
                                           std::shared_ptr<Executor> executor) = 0;
};

}  // namespace parley::speech
