// What the caller says, on its way to the recogniser.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "assistant/turn_parameters.hpp"
#include "audio/frame.hpp"
#include "speech/stt.hpp"

namespace parley::assistant {

class EarsListener {
 public:
  virtual ~EarsListener() = default;
  virtual void on_transcript(const speech::Transcript& transcript) = 0;
  /// What was said since the last transcript is lost. `hears` tells whether recognition goes on.
  virtual void on_ears_failed(std::string_view reason, bool hears) = 0;
};

/// Keeps the last 1.28 s of audio, so that an utterance begins before it was detected and goes on
/// without a gap. A session that fails is opened again, at most 3 times in a call.
class Ears final : private speech::SttSink {
 public:
  Ears(std::shared_ptr<speech::Stt> provider, speech::SttOptions options, std::shared_ptr<speech::Executor> executor,
       EarsListener& listener);

  bool hears() const { return session_ != nullptr && !broken_; }
  std::string_view provider() const;

  void hear(const audio::Frame& frame, MediaTime at);
  void begin(std::uint64_t utterance, MediaTime started);
  void resume();
  void end(MediaTime t_end);
  /// Outside of any report of the session: replaces one that failed.
  void tick();

 private:
  struct Kept {
    audio::Frame frame;
    MediaTime at{};
  };

  void on_transcript(const speech::Transcript& transcript) override;
  void on_stt_failed(std::string_view reason) override;
  void write_kept();

  const std::shared_ptr<speech::Stt> provider_;
  const speech::SttOptions options_;
  const std::shared_ptr<speech::Executor> executor_;
  EarsListener& listener_;
  std::vector<Kept> ring_;
  std::uint64_t count_ = 0;    // frames heard so far
  std::uint64_t written_ = 0;  // of those, what the session has or skipped
  bool open_ = false, broken_ = false;
  std::uint64_t utterance_ = 0;  // the open one
  MediaTime started_{};
  int reopened_ = 0;
  std::unique_ptr<speech::SttSession> session_;  // last: it reports to the members above
};

}  // namespace parley::assistant
