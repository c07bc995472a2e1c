#include "audio/dtmf_detector.hpp"

#include "audio/dsp/halver.hpp"
#include "base/assert.hpp"

#include <array>

// clang-format off: each leans on the ones before it
#include <spandsp/telephony.h>
#include <spandsp/logging.h>
#include <spandsp/queue.h>
#include <spandsp/complex.h>
#include <spandsp/dds.h>
#include <spandsp/tone_detect.h>
#include <spandsp/tone_generate.h>
#include <spandsp/super_tone_rx.h>
#include <spandsp/dtmf.h>
// clang-format on

namespace parley::audio {
namespace {

constexpr unsigned up_ticks = 2;  // for so long a key must be up to count as a new one

struct Free {
  void operator()(dtmf_rx_state_t* state) const { dtmf_rx_free(state); }
};

}  // namespace

struct DtmfDetector::State {
  explicit State(Rate its_rate) : rate{its_rate}, receiver{dtmf_rx_init(nullptr, nullptr, nullptr)} {
    dtmf_rx_set_realtime_callback(receiver.get(), heard, this);
  }

  /// spandsp's word that a key went down, or (code 0) up.
  static void heard(void* self, int code, int, int) {
    State& state = *static_cast<State*>(self);
    state.down = static_cast<char>(code);
    if (code != 0) state.pressed = state.down;
  }

  Rate rate;
  std::unique_ptr<dtmf_rx_state_t, Free> receiver;
  Halver halver;
  char down = 0;      // the key that is down now
  char pressed = 0;   // one that went down in this frame
  char reported = 0;  // the last one told
  unsigned up_for = up_ticks;
};

DtmfDetector::DtmfDetector(Rate rate) : state_{std::make_unique<State>(rate)} {}
DtmfDetector::~DtmfDetector() = default;
DtmfDetector::DtmfDetector(DtmfDetector&&) noexcept = default;
DtmfDetector& DtmfDetector::operator=(DtmfDetector&&) noexcept = default;

std::optional<char> DtmfDetector::process(const Frame& frame) {
  State& state = *state_;
  PARLEY_ASSERT(frame.rate() == state.rate);
  std::array<std::int16_t, frame_size(Rate::narrow)> halved;
  std::span<const std::int16_t> narrow = frame.samples();
  if (state.rate == Rate::wide) {
    state.halver.process(frame.samples(), halved);
    narrow = halved;
  }
  state.pressed = 0;
  dtmf_rx(state.receiver.get(), narrow.data(), static_cast<int>(narrow.size()));

  const bool again = state.pressed == state.reported && state.up_for < up_ticks;
  if (state.down != 0) state.up_for = 0;
  else if (state.up_for < up_ticks) ++state.up_for;
  if (state.pressed == 0 || again) return std::nullopt;
  state.reported = state.pressed;
  return state.pressed;
}

}  // namespace parley::audio
