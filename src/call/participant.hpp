// Anything in a call that hears and speaks: a leg, the assistant, a tone, a supervisor.
#pragma once

#include "audio/frame.hpp"
#include "speech/media_time.hpp"

namespace parley::call {

using speech::MediaTime;

/// One source of a call in one tick, before mixing.
struct SourceFrame {
  const audio::Frame& original;  // for recognition and the recorder
  const audio::Frame& denoised;  // for people and for deciding who speaks; may be the same frame
  bool speech = false;           // voice activity in this frame
  int level_dbov = -127;         // of `denoised`
  MediaTime at{};                // of the frame's first sample
};

/// Subscribes to one source before mixing, so that who spoke is never lost.
class Tap {
 public:
  virtual ~Tap() = default;
  virtual void hear(const SourceFrame& frame) = 0;
};

/// Ticked by the media clock, every 20 ms: read() of all, then the taps, then write() of all.
class Participant {
 public:
  virtual ~Participant() = default;

  /// Fills `frame` with the next 20 ms of what it says. False when it is silent: the frame's
  /// content is then ignored, and nothing is mixed or encoded.
  virtual bool read(audio::Frame& frame) = 0;

  /// The next 20 ms of what it hears. Null when nobody speaks to it: a leg may then send comfort
  /// noise or nothing.
  virtual void write(const audio::Frame* frame) = 0;

  /// True when read() may be called ahead of real time (assistant, music); live sources can not.
  virtual bool is_pullable() const { return false; }

  /// How far ahead of real time it wants to be written: 0 for RTP, 200–300 ms behind TCP or a
  /// device queue. Only honoured while all it hears is pullable.
  virtual std::chrono::milliseconds lead() const { return {}; }
};

}  // namespace parley::call
