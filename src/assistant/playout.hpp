// The assistant's audio on its way out: what is queued, what was sent, what was heard.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "assistant/heard.hpp"
#include "audio/frame.hpp"
#include "speech/media_time.hpp"

namespace parley::assistant {

using speech::MediaTime;

/// A core on media time. Sentences are played in the order of begin(); read() takes 20 ms each.
///
/// Pausing fades out within the frame that is read next and keeps the rest. A sample counts as
/// heard `heard_delay` after the tick in which it was read, or in whose turn it will be sent when
/// it was read ahead of real time.
class Playout {
 public:
  Playout(audio::Rate rate, MediaTime heard_delay) : rate_{rate}, heard_delay_{heard_delay} {}

  /// Tag 0: a filler, never credited as something said.
  void begin(std::uint64_t sentence, std::string text, std::uint64_t tag);
  /// Audio of a sentence that is no longer known is dropped, as is what exceeds a minute.
  void append(std::uint64_t sentence, std::span<const std::int16_t> samples);
  void finish(std::uint64_t sentence);

  /// False when there is nothing to send. Allocates nothing.
  bool read(audio::Frame& frame, MediaTime now);

  void pause(MediaTime now);
  /// Goes on at the paused sample; after more than 3 s at the sentence's beginning.
  void resume(MediaTime now);
  bool paused() const { return paused_.has_value(); }

  /// Empties the queue, and tells what was heard since the last cancel() or take_heard().
  std::vector<Heard> cancel(MediaTime now);
  std::vector<Heard> take_heard(MediaTime now);
  void drop_fillers();

  MediaTime queued() const;                      // audio not yet sent
  bool finished() const;                         // every sentence known is complete and sent
  bool drained(MediaTime now);                   // and heard
  std::optional<std::uint64_t> starved() const;  // the sentence that is to be heard now but has no audio
  std::optional<MediaTime> first_sent() const { return first_sent_; }        // since reset_times()
  std::optional<MediaTime> first_audible() const { return first_audible_; }  // past leading silence
  void reset_times() { first_sent_.reset(), first_audible_.reset(); }
  MediaTime heard_delay() const { return heard_delay_; }

 private:
  struct Sentence {
    std::uint64_t id = 0, tag = 0;
    std::string text;
    std::vector<std::int16_t> samples;
    bool complete = false;
    std::size_t position = 0;          // the next sample to send
    std::size_t credited = 0;          // heard; does not go back when the sentence restarts
    std::optional<std::size_t> onset;  // the first audible sample
  };
  struct Sent {
    MediaTime at{};
    std::uint64_t sentence = 0;
    std::size_t position = 0;
  };

  Sentence* find(std::uint64_t id);
  std::size_t fill(std::span<std::int16_t> out);
  void capture_fade();
  void note_sent(MediaTime now, std::span<const std::int16_t> samples);
  void credit(MediaTime now);
  void apply(const Sent& sent);
  void retire();
  std::string_view part_heard(const Sentence& sentence) const;
  MediaTime duration(std::size_t samples) const;

  const audio::Rate rate_;
  const MediaTime heard_delay_;
  std::deque<Sentence> sentences_;  // sent but not heard yet, then the one being sent, then the rest
  std::size_t current_ = 0;         // index of the one being sent
  std::vector<Heard> heard_;
  std::optional<MediaTime> paused_;
  bool sounding_ = false, fade_in_ = false;
  std::array<std::int16_t, 128> fade_{};  // 8 ms
  std::size_t fade_size_ = 0;
  std::array<Sent, 128> sent_{};  // a ring: reads that may not have been heard yet
  std::size_t sent_head_ = 0, sent_count_ = 0;
  MediaTime next_send_{};
  std::optional<MediaTime> first_sent_, first_audible_;
};

}  // namespace parley::assistant
