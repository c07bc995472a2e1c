// One party's audio and signalling, whatever carries it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "call/application.hpp"
#include "call/participant.hpp"

namespace parley::call {

/// What a leg tells its call. Called on the call's worker, never from inside one of the leg's own
/// functions that the call is in.
class LegListener {
 public:
  virtual ~LegListener() = default;
  virtual void on_leg_ringing() = 0;   // outbound: the far end rings
  virtual void on_leg_answered() = 0;  // outbound: answered; inbound: our answer was acknowledged
  virtual void on_leg_held(bool held) = 0;
  virtual void on_leg_dtmf(char digit) = 0;
  /// The leg is over, whoever ended it. `sip_status` is 0 where the channel has none.
  virtual void on_leg_ended(EndCause cause, int sip_status) = 0;
};

/// Figures of one leg's media, both ways as far as the far end reports them.
struct LegQuality {
  double mos = 0;  // 1–4.5 (ITU-T G.107); 0: unknown
  std::uint64_t packets_received = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_lost = 0;
  double jitter_ms = 0;
  double round_trip_ms = 0;  // 0: unknown
};

class Leg : public Participant {
 public:
  virtual std::string_view channel() const = 0;  // "sip", "webrtc", …
  virtual void listen(LegListener& listener) = 0;

  /// Inbound: tell the far end that it rings. Harmless when answered.
  virtual void ring() = 0;
  /// Inbound: take the call. Media may flow from the next tick on.
  virtual void answer() = 0;
  /// Ends the leg in the way its state asks for (BYE, CANCEL, a final error). No event follows.
  virtual void hang_up(EndCause cause) = 0;
  /// The same, of a leg that we dialled: another party has taken the call.
  virtual void hang_up_answered_elsewhere() { hang_up(EndCause::cancelled); }
  virtual void send_dtmf(std::string_view digits) = 0;

  /// First thing in a tick: takes what the network brought since the last one.
  virtual void receive(TimePoint now) = 0;
  /// Last thing in a tick, after write(): housekeeping that may wait (reports, time-outs).
  virtual void finish_tick(TimePoint now) = 0;

  /// What was written this long ago has been heard at the far end.
  virtual std::chrono::milliseconds heard_delay() const = 0;
  virtual LegQuality quality() const = 0;
  /// Why a leg that is over is so, in a word, where the cause alone leaves it open; else empty.
  virtual std::string_view end_detail() const { return {}; }
};

}  // namespace parley::call
