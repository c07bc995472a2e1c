// What answers a call (the assistant, a test extension) and what the call offers it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "call/identity.hpp"
#include "call/participant.hpp"
#include "call/transfer_request.hpp"
#include "call/turn.hpp"
#include "speech/executor.hpp"

namespace parley::call {

enum class EndCause : std::uint8_t {
  caller_hangup,
  assistant_hangup,
  agent_hangup,
  api,
  transferred,
  no_answer,
  busy,
  cancelled,
  idle,
  machine,
  limit,
  drained,
  media_timeout,
  rejected,
  failed,
  interrupted,
};
std::string_view to_string(EndCause cause);

/// The call as its application sees it. Used on the call's worker only; outlives the application.
class CallControl {
 public:
  virtual ~CallControl() = default;

  virtual const std::string& id() const = 0;
  virtual const std::string& from() const = 0;  // URI or number
  virtual const std::string& to() const = 0;
  virtual const Identity& identity() const = 0;  // of whoever `from` is
  virtual const std::string& caller_leg_id() const = 0;
  virtual audio::Rate rate() const = 0;
  /// Media time of the current tick; 0 is the answer.
  virtual MediaTime now() const = 0;
  /// What was written to the caller's leg this long ago has been heard by now (turn-taking §6).
  virtual MediaTime heard_delay() const = 0;
  /// Results of providers come back to this call through it; posts to an ended call are dropped.
  virtual std::shared_ptr<speech::Executor> executor() = 0;

  /// `data` is a JSON object as text, e.g. {"text":"hello","final":true}. Types as in API.md.
  virtual void emit(std::string_view type, std::string data) = 0;
  virtual void record_turn(Turn turn) = 0;
  /// Ends the call. The application stays alive until the end of the tick.
  virtual void hang_up(EndCause cause) = 0;
  virtual void send_dtmf(std::string_view digits) = 0;

  /// Begins to look for an agent. Application::announce_transfer() is asked from inside.
  virtual Result<TransferBegun, TransferRefusal> transfer(TransferRequest request) = 0;
  /// The caller was told that they are being connected: music follows, or the agent.
  virtual void transfer_announced() = 0;
  /// The caller said "never mind". False when none is under way. No on_returned() follows.
  virtual bool cancel_transfer() = 0;
};

/// What the application is to the caller at the moment.
enum class Standing : std::uint8_t {
  talking,    // has the conversation
  waiting,    // a transfer is under way: it says what it has begun, and listens for "never mind"
  listening,  // an agent has the caller: it transcribes
  held,       // the caller hears music and is not heard
};

/// Words for an agent alone, while the caller waits. Owned by the call.
class Brief {
 public:
  virtual ~Brief() = default;
  virtual Participant& participant() = 0;
  virtual const std::string& text() const = 0;
  virtual void tick(MediaTime now) = 0;
  /// All of it was heard, or cannot be said.
  virtual bool finished() = 0;
};

/// Owned by its call, made when the call is routed, destroyed when it ends. All functions run on
/// the call's worker; none blocks.
class Application {
 public:
  virtual ~Application() = default;

  /// What speaks and hears in the bridge; null when it only listens.
  virtual Participant* participant() { return nullptr; }
  /// Sees every frame of the caller before mixing; null when it does not care.
  virtual Tap* caller_tap() { return nullptr; }
  /// The call was answered; the first tick follows.
  virtual void start() {}
  /// Once a tick, after the taps and before participants are read: timers run on media time.
  virtual void tick(MediaTime /*now*/) {}
  virtual void on_dtmf(char /*digit*/) {}
  /// API: speak this; false when it cannot speak.
  virtual bool say(std::string_view /*text*/, bool /*interrupt*/) { return false; }
  /// API: as if the caller had said it; false when it does not converse.
  virtual bool input(std::string_view /*text*/) { return false; }
  /// The call is ending: store what is unfinished (the turn in progress).
  virtual void finish() {}

  virtual void set_standing(Standing /*standing*/) {}
  /// A transfer begins. True: it tells the caller, and then calls CallControl::transfer_announced().
  virtual bool announce_transfer(const TransferRequest& /*request*/) { return false; }
  /// The caller is its own again, and wants to know why.
  virtual void on_returned(const Returned& /*returned*/) {}
  /// For a warm transfer; null when it has nothing to say.
  virtual std::unique_ptr<Brief> make_brief(const TransferRequest& /*request*/) { return nullptr; }
  /// An agent came: null when it does not care what they say. Valid until agent_left().
  virtual Tap* agent_joined(const std::string& /*leg_id*/) { return nullptr; }
  virtual void agent_left(const std::string& /*leg_id*/) {}
};

}  // namespace parley::call
