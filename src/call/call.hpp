// One call on its worker: its parties, bridge, application, recorder, state.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "call/application.hpp"
#include "call/bridge.hpp"
#include "call/environment.hpp"
#include "call/guarded_executor.hpp"
#include "call/hearing.hpp"
#include "call/leg.hpp"
#include "call/party.hpp"
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
  TransferOptions transfer;
};

class Call;
class MusicPlayer;
struct DialTarget;

class CallOwner {
 public:
  virtual ~CallOwner() = default;
  /// Told once, at the end of the tick in which the call ended. The call may be destroyed from then
  /// on, though not from inside this function.
  virtual void on_call_ended(Call& call) = 0;
};

/// Owned by the worker's registry. A call is ticked from its arrival to its end; media time starts
/// at the answer.
class Call final : public CallControl, private Ticked, private PartyOwner {
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
  /// The caller hears music, and is not heard.
  bool hold(bool held);

  /// As CallControl's, for who is not the application: it hears of the outcome.
  bool cancel_transfer(TransferBy by);
  /// The agents go, the application has the caller again. False without an agent.
  bool hand_back(std::string note);
  /// Dials a further party, who takes part from the answer on. The id of its leg.
  Result<std::string, TransferRefusal> add_party(std::string_view to);

  State state() const { return state_; }
  const TransferOptions& transfer_options() const { return options_.transfer; }
  Leg& leg() { return *caller_.leg; }
  bool ended() const { return state_ == State::ended; }

  // CallControl
  const std::string& id() const override { return options_.id; }
  const std::string& from() const override { return options_.from; }
  const std::string& to() const override { return options_.to; }
  const Identity& identity() const override { return options_.identity; }
  const std::string& caller_leg_id() const override { return caller_.id; }
  audio::Rate rate() const override { return options_.rate; }
  MediaTime now() const override { return media_time_; }
  MediaTime heard_delay() const override { return caller_.leg->heard_delay(); }
  std::shared_ptr<speech::Executor> executor() override { return executor_; }
  void emit(std::string_view type, std::string data) override;
  void record_turn(Turn turn) override;
  void hang_up(EndCause cause) override;
  void send_dtmf(std::string_view digits) override;
  Result<TransferBegun, TransferRefusal> transfer(TransferRequest request) override;
  void transfer_announced() override;
  bool cancel_transfer() override;

 private:
  /// A transfer under way (transfer_call.cpp).
  struct Handover;

  struct PendingEnd {
    EndCause cause;
    int sip_status;
    bool by_leg;
  };

  void tick(TimePoint now) override;
  void on_ringing(Party& party) override;
  void on_answered(Party& party) override;
  void on_held(Party& party, bool held) override;
  void on_dtmf(Party& party, char digit) override;
  void on_ended(Party& party, EndCause cause, int sip_status) override;
  void caller_answered();

  /// A call ends at the end of a tick, so that nothing is destroyed under a caller's feet.
  void request_end(EndCause cause, int sip_status, bool by_leg);
  void end();
  void change_state(State state);
  void start_recording();
  void record();
  void stop_player();

  // Parties beside the caller (party_call.cpp)
  Party& add_agent(const DialTarget& target);
  /// Dials for a party that was just added; false when that failed.
  bool dial(Party& party, const DialTarget& target, std::chrono::milliseconds ring_timeout, std::string_view reason);
  bool enter(Party& party);
  void join(Party& party);
  void retire(Party& party, EndCause cause);
  void remove_retired();
  void agent_gone(EndCause cause);
  void give_back(Returned returned);
  bool with_agent() const;
  void stop_agents(EndCause cause);
  void store(const Party& party, bool left);
  /// Tells the directory what this agent does here.
  void follow_activity(const std::string& agent);

  // Who hears whom
  Hearing hearing() const;
  void route();
  void follow_hold();

  // The transfer (transfer_call.cpp)
  void pump_transfer();
  void tick_transfer(TimePoint now);
  void act(const Transfer::Dial& output);
  void act(const Transfer::Drop& output);
  void act(const Transfer::Ringing& output);
  void act(const Transfer::Answered& output);
  void act(const Transfer::Brief& output);
  void act(const Transfer::StartMusic& output);
  void act(const Transfer::StopMusic& output);
  void act(const Transfer::Join& output);
  void act(const Transfer::Returned& output);
  void end_transfer();
  void store_transfer(std::optional<WallTime> ended_at);

  State home_state() const;  // while no transfer is under way
  std::int64_t duration_ms() const;
  Summary summary() const;

  CallOptions options_;
  Environment& environment_;
  CallOwner& owner_;
  std::shared_ptr<GuardedExecutor> executor_;
  Party caller_;
  std::vector<std::unique_ptr<Party>> agents_;  // those who ring among them
  std::unique_ptr<Application> application_;
  Bridge bridge_;
  std::optional<Bridge::Slot> application_slot_;
  std::unique_ptr<MusicPlayer> music_;  // made when it is first needed
  Bridge::Slot music_slot_ = 0;
  std::unique_ptr<Handover> handover_;
  bool pumping_ = false;  // the transfer's outputs are being acted on
  Standing standing_ = Standing::talking;
  std::unique_ptr<Player> player_;  // the API's play
  Bridge::Slot player_slot_ = 0;
  std::unique_ptr<Recorder> recorder_;

  State state_ = State::arriving;
  bool on_hold_ = false;  // as the API says it: by anybody
  bool held_ = false;     // by the API
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
