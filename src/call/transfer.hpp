// One transfer of a caller to an agent: whom to ring when, who gets the caller, what becomes of the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/outbox.hpp"
#include "base/time.hpp"

namespace parley::call {

enum class TransferMode : std::uint8_t {
  blind,     // joined on answer
  warm,      // the agent hears a brief first, and may decline
  attended,  // the agent is talked to first, on a call of its own
};
std::string_view to_string(TransferMode mode);

/// As the API says it; from `completed` on it is over.
enum class TransferState : std::uint8_t { dialling, ringing, briefing, completed, declined, cancelled, failed };
std::string_view to_string(TransferState state);

enum class TransferCause : std::uint8_t {
  none,
  busy,
  no_answer,
  rejected,
  unreachable,  // no route, or nothing came back
  no_agent,     // nobody to ring: not registered, not on duty
  hung_up,      // the agent, before they were joined
  declined,     // the agent, by key or desk
  caller,       // who said "never mind"
  api,
  call_ended,  // the caller hung up, or the call was ended
};
std::string_view to_string(TransferCause cause);

/// A core. After every input, drain poll(). The targets are numbers: who they are is the shell's business.
///
/// The caller hears the announcement, then music, then an agent; nothing here lets go of the caller before an agent has
/// them. One agent wins: the first that answers. The others are dropped, whether they ring or answered in the same
/// instant. In warm mode the winner may decline; then the next target is tried, where there is one.
class Transfer {
 public:
  using Target = std::size_t;

  struct Config {
    std::size_t targets = 1;
    TransferMode mode = TransferMode::blind;
    bool one_by_one = false;      // else all ring at once
    bool announced = false;       // true: the caller has been told already
    Duration ring_timeout = 30s;  // of each, or of all together
    Duration accept_after = 8s;   // warm: so long after the brief, an agent who presses nothing has accepted; 0: never
  };

  struct Dial {
    Target target;
  };
  /// CANCEL or BYE, as its state asks for. `elsewhere`: because another has the caller.
  struct Drop {
    Target target;
    bool elsewhere;
  };
  struct Ringing {
    Target target;
  };
  struct Answered {
    Target target;
  };
  /// Tell the agent who this is; briefed() when that was said. The caller does not hear it.
  struct Brief {
    Target target;
  };
  struct StartMusic {};
  struct StopMusic {};
  /// The last output: caller and agent hear each other.
  struct Join {
    Target target;
  };
  /// The last output: the caller is where they were. `state` is declined, cancelled or failed.
  struct Returned {
    TransferState state;
    TransferCause cause;
  };
  using Output = std::variant<Dial, Drop, Ringing, Answered, Brief, StartMusic, StopMusic, Join, Returned>;

  Transfer(Config config, TimePoint now);

  // Of one target. For one that was dropped, or after the last output, they do nothing.
  void ringing(Target target);
  void answered(Target target, TimePoint now);
  void ended(Target target, TransferCause cause, TimePoint now);
  void accept(Target target, TimePoint now);
  void decline(Target target, TimePoint now);

  /// The caller was told that they are being connected.
  void announced(TimePoint now);
  /// The brief was said, or could not be.
  void briefed(TimePoint now);
  /// By the caller, the API, or because the call ends.
  void cancel(TransferCause by);
  void advance(TimePoint now);

  std::optional<Output> poll() { return outputs_.poll(); }
  /// TimePoint::max() when it is over.
  TimePoint deadline() const;
  TransferState state() const { return state_; }
  bool over() const { return state_ >= TransferState::completed; }

  /// A voice that breaks off, or a brief without an end, must not keep two people apart.
  static constexpr Duration longest_announcement = 15s, longest_brief = 30s;
  /// Without accept_after: for how long an agent may think.
  static constexpr Duration longest_thought = 30s;

 private:
  enum class Phase : std::uint8_t { waiting, dialled, rings, answered, over };
  /// Ringing: nobody has answered yet.
  struct Seeking {
    TimePoint give_up_at;
  };
  struct Briefing {
    Target winner;
    bool said = false;
    TimePoint due;  // said: of the agent's choice; else of the brief
  };
  /// Only the announcement keeps them apart.
  struct Accepted {
    Target winner;
  };

  void seek(TimePoint now);
  void dial(Target target);
  void settle(Target winner);
  void lose(TransferCause cause, TimePoint now);
  void drop_all(bool elsewhere, std::optional<Target> but = {});
  void finish(TransferState state, TransferCause cause);

  const Config config_;
  std::vector<Phase> phases_;
  std::variant<Seeking, Briefing, Accepted> stage_;
  TransferState state_ = TransferState::dialling;
  TransferCause why_ = TransferCause::no_agent;  // the best reason so far why it may fail
  bool declined_ = false;
  bool announced_, music_ = false;
  TimePoint announce_until_;
  Outbox<Output> outputs_;
};

}  // namespace parley::call
