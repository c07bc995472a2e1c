// One call on its worker: legs, bridge, application, recorder, state.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "call/application.hpp"
#include "call/bridge.hpp"
#include "call/environment.hpp"
#include "call/guarded_executor.hpp"
#include "call/leg.hpp"
#include "call/player.hpp"
#include "call/recorder.hpp"
#include "call/state.hpp"
#include "call/tick_schedule.hpp"

namespace parley::call {

struct CallOptions {
  std::string id;
  Direction direction = Direction::inbound;
  std::string from, to;   // as shown and routed: URI or extension
  std::string assistant;  // empty for test extensions
  Identity identity;      // who `from` is, and how sure of it we are
  audio::Rate rate = audio::Rate::narrow;
  bool record = false;
  bool denoise = false;
  bool detect_speech = false;
  std::chrono::seconds max_duration = std::chrono::hours{2};
};

class Call;

class CallOwner {
 public:
  virtual ~CallOwner() = default;
  /// Told once, at the end of the tick in which the call ended. The call may be destroyed from then
  /// on, though not from inside this function.
  virtual void on_call_ended(Call& call) = 0;
};

/// Owned by the worker's registry. A call is ticked from its arrival to its end; media time starts
/// at the answer.
class Call final : public CallControl, private Ticked, private LegListener {
 public:
  Call(CallOptions options, Environment& environment, std::unique_ptr<Leg> leg, CallOwner& owner);
  ~Call() override;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// Inbound: stores the row, then answers the leg. Outbound: stores the row; the leg dials already
  /// and on_leg_answered() follows. Once.
  void begin(std::unique_ptr<Application> application);

  // Commands of the API; false when the call's state or application does not allow them.
  bool say(std::string_view text, bool interrupt);
  bool input(std::string_view text);
  /// Plays samples at the call's rate to the caller, over whatever else is said.
  bool play(std::vector<std::int16_t> samples);

  /// Silence is recorded meanwhile: recording time stays time since the answer.
  bool pause_recording(bool paused);

  State state() const { return state_; }
  Leg& leg() { return *leg_; }
  bool ended() const { return state_ == State::ended; }

  // CallControl
  const std::string& id() const override { return options_.id; }
  const std::string& from() const override { return options_.from; }
  const std::string& to() const override { return options_.to; }
  const Identity& identity() const override { return options_.identity; }
  const std::string& caller_leg_id() const override { return leg_id_; }
  audio::Rate rate() const override { return options_.rate; }
  MediaTime now() const override { return media_time_; }
  MediaTime heard_delay() const override { return leg_->heard_delay(); }
  std::shared_ptr<speech::Executor> executor() override { return executor_; }
  void emit(std::string_view type, std::string data) override;
  void record_turn(Turn turn) override;
  void hang_up(EndCause cause) override;
  void send_dtmf(std::string_view digits) override;

 private:
  struct PendingEnd {
    EndCause cause;
    int sip_status;
    bool by_leg;
  };

  void tick(TimePoint now) override;
  void on_leg_ringing() override;
  void on_leg_answered() override;
  void on_leg_held(bool held) override;
  void on_leg_dtmf(char digit) override;
  void on_leg_ended(EndCause cause, int sip_status) override;

  /// A call ends at the end of a tick, so that nothing is destroyed under a caller's feet.
  void request_end(EndCause cause, int sip_status, bool by_leg);
  void end();
  void change_state(State state);
  void start_recording();
  void record();
  void stop_player();
  std::int64_t duration_ms() const;
  Summary summary() const;

  CallOptions options_;
  Environment& environment_;
  CallOwner& owner_;
  std::shared_ptr<GuardedExecutor> executor_;
  std::string leg_id_;
  std::unique_ptr<Leg> leg_;
  std::unique_ptr<Application> application_;
  Bridge bridge_;
  Bridge::Slot leg_slot_ = 0;
  std::unique_ptr<Player> player_;  // the API's play
  Bridge::Slot player_slot_ = 0;
  std::unique_ptr<Recorder> recorder_;

  State state_ = State::arriving;
  bool on_hold_ = false;
  bool recording_paused_ = false;
  std::optional<PendingEnd> pending_end_;
  bool connected_ = false;
  MediaTime media_time_{};
  WallTime started_at_;
  std::optional<WallTime> answered_at_, ended_at_;
  std::optional<EndCause> end_cause_;
  int sip_status_ = 0;
  int turns_ = 0;
  std::uint64_t event_seq_ = 0;
  std::string recording_;
};

}  // namespace parley::call
