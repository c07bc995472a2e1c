// The bridge: a gain matrix of sources × sinks, ticked every 20 ms.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "audio/frame.hpp"
#include "call/participant.hpp"

namespace parley::audio {
class InputChain;
}

namespace parley::call {

/// Passes audio among a call's participants. Mix-minus is the default (everyone hears everyone but
/// themselves); hold, whisper and listen are other values of the same matrix. When exactly one
/// source is audible to a sink at full gain, its frame is passed on as it is.
///
/// A tick is three steps, because the application decides between hearing and speaking:
///   1. read_live   legs → input chain → taps
///   2. (the application's tick)
///   3. mix         pullable sources are read, every sink is written
///
/// Cost: nothing allocates, locks or logs after add().
class Bridge {
 public:
  using Slot = std::size_t;
  static constexpr std::size_t max_participants = 8;
  static constexpr std::size_t max_lead_frames = 15;

  explicit Bridge(audio::Rate rate);
  ~Bridge();

  /// `input` conditions what the participant says (denoise, voice activity); null passes it as it is.
  /// With `gain` 0 it neither hears nor is heard, not even for the length of a ramp, until set_gain() says so.
  /// The bridge must not be full. The participant outlives its slot.
  Slot add(Participant& participant, std::unique_ptr<audio::InputChain> input, float gain = 1.0f);
  void remove(Slot slot);
  bool full() const { return count_ == max_participants; }

  /// 0 is silent, 1 is as it is. Changes ramp over 5 ms, so that nothing clicks.
  void set_gain(Slot source, Slot sink, float gain);
  void subscribe(Slot source, Tap& tap);
  void unsubscribe(Slot source, Tap& tap);

  void read_live(MediaTime at);
  void mix(MediaTime at);

  /// The current tick's frame of a source before mixing; null when it was silent. After mix() for
  /// pullable sources, after read_live() for live ones.
  const audio::Frame* original(Slot source) const;
  /// What the sink was given for the current tick in real time (without its lead).
  const audio::Frame* heard(Slot sink) const;

 private:
  struct Member;
  void read_pullable(Member& member, MediaTime at);
  std::size_t lead_frames(Slot sink) const;
  /// Sums what `sink` hears `ahead` frames from now into `out`; null when that is silence.
  const audio::Frame* mix_for(Slot sink, std::size_t ahead, audio::Frame& out);

  audio::Rate rate_;
  std::size_t count_ = 0;
  std::array<std::unique_ptr<Member>, max_participants> members_;
};

}  // namespace parley::call
