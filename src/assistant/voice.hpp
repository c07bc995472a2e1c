// The assistant's voice: sentences in, frames out.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assistant/playout.hpp"
#include "speech/tts.hpp"

namespace parley::assistant {

class VoiceListener {
 public:
  virtual ~VoiceListener() = default;
  /// A sentence could not be (fully) spoken; the next one follows.
  virtual void on_sentence_failed(std::string_view reason) = 0;
  /// Nothing can be spoken any more.
  virtual void on_voice_lost(std::string_view reason) = 0;
};

/// Feeds a TTS session about 5 s ahead of playback and plays what it delivers. A sentence that
/// brings no audio for 3 s is given up, and speech goes on with the next.
class Voice final : private speech::TtsSink {
 public:
  Voice(std::shared_ptr<speech::Tts> provider, speech::TtsOptions options, std::shared_ptr<speech::Executor> executor,
        MediaTime heard_delay, VoiceListener& listener);

  bool speaks() const { return session_ != nullptr; }
  std::string_view provider() const;

  /// Tag 0: a filler.
  void say(std::string_view text, std::uint64_t tag);
  void tick(MediaTime now);
  bool read(audio::Frame& frame) { return playout_.read(frame, now_); }

  void pause() { playout_.pause(now_); }
  void resume() { playout_.resume(now_); }
  void drop_fillers();
  std::vector<Heard> cancel();
  std::vector<Heard> take_heard() { return playout_.take_heard(now_); }

  /// Everything given to say() was heard.
  bool idle() { return waiting_.empty() && playout_.drained(now_); }
  /// Audio still to be sent; absent while its length is not known.
  std::optional<MediaTime> remaining() const;

  /// Of what was said since begin_measuring().
  struct Times {
    std::optional<MediaTime> asked, first_audio, first_sent, first_audible;
  };
  void begin_measuring();
  Times times() const;

 private:
  struct Sentence {
    std::uint64_t id = 0, tag = 0;
    std::string text;
  };

  void on_audio(std::uint64_t sentence, std::span<const std::int16_t> samples) override;
  void on_sentence_done(std::uint64_t sentence) override;
  void on_tts_failed(std::uint64_t sentence, std::string_view reason) override;

  void feed();
  void watch();
  void fail(std::uint64_t sentence, std::string_view reason);
  void reopen();

  const std::shared_ptr<speech::Tts> provider_;
  const speech::TtsOptions options_;
  const std::shared_ptr<speech::Executor> executor_;
  VoiceListener& listener_;
  Playout playout_;
  std::deque<Sentence> waiting_;    // not yet given to the TTS; bounded
  std::deque<Sentence> in_flight_;  // given, not yet complete
  std::uint64_t next_id_ = 1;
  MediaTime now_{};
  std::optional<MediaTime> progress_;  // the last time the sentence due had audio
  std::optional<MediaTime> asked_, first_audio_;
  int failures_ = 0;  // in a row
  bool lost_ = false;
  std::unique_ptr<speech::TtsSession> session_;  // last: it reports to the members above
};

}  // namespace parley::assistant
