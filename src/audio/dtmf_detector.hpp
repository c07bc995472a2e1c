// Keys pressed, heard in the sound itself: for legs that negotiated no telephone-event.
#pragma once

#include "audio/frame.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace parley::audio {

/// In-band DTMF of one source.
///
/// Shape   one frame per tick at the call's rate; a wideband one is halved to 8 kHz first.
/// Result  the key (0-9 * # A-D) once, at most about 60 ms after it went down; held, or with
///         a hole in it, it is not reported again until it was up for 40 ms.
/// Cost    about 2 µs a frame at 8 kHz. No allocation after construction.
/// Source  ITU-T Q.23 and Q.24, through spandsp.
class DtmfDetector {
 public:
  explicit DtmfDetector(Rate rate);
  ~DtmfDetector();
  DtmfDetector(DtmfDetector&&) noexcept;
  DtmfDetector& operator=(DtmfDetector&&) noexcept;

  std::optional<char> process(const Frame& frame);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace parley::audio
