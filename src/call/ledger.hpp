// Where a call writes what must outlive it: its row, its transcript, its events.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "call/application.hpp"
#include "call/identity.hpp"
#include "call/leg.hpp"
#include "call/state.hpp"
#include "call/transfer.hpp"
#include "call/turn.hpp"

namespace parley::call {

/// A call as it is stored; every change of state writes the whole.
struct Summary {
  std::string id;
  State state = State::arriving;
  Direction direction = Direction::inbound;
  std::string channel, from, to, assistant;
  std::string leg_id;
  WallTime started_at{};
  std::optional<WallTime> answered_at, ended_at;
  std::int64_t duration_ms = 0;  // since the answer
  std::optional<EndCause> end_cause;
  int sip_status = 0;
  int turns = 0;
  std::string recording;  // path below the recordings folder; empty: none
  bool on_hold = false;
  LegQuality quality;
  std::string external_ids = "{}";  // JSON object
  Identity identity;
};

/// A party beside the caller; written again when it leaves.
struct LegRecord {
  std::string id{}, call_id{};
  std::string role{};  // `agent`, `supervisor`
  std::string channel{}, address{};
  WallTime joined_at{};
  std::optional<WallTime> left_at{};
  LegQuality quality{};
};

/// Written again whenever its state changes.
struct TransferRecord {
  std::string id{}, call_id{};
  std::string to{}, via{};
  TransferMode mode = TransferMode::blind;
  TransferState state = TransferState::dialling;
  TransferCause cause = TransferCause::none;
  std::string leg_id{};  // of the agent who has or had the caller; empty: none
  WallTime started_at{};
  std::optional<WallTime> ended_at{};
};

/// Writes in order and never blocks; completions arrive on the call's worker.
class Ledger {
 public:
  virtual ~Ledger() = default;
  /// `accepted` comes once the row is stored (or journalled while the store is away); false when
  /// neither was possible: the call must then not be answered.
  virtual void open(const Summary& call, std::shared_ptr<speech::Executor> executor,
                    std::move_only_function<void(bool accepted)> done) = 0;
  virtual void update(const Summary& call) = 0;
  virtual void put_leg(const LegRecord& leg) = 0;
  virtual void put_transfer(const TransferRecord& transfer) = 0;
  virtual void append_turn(const std::string& call_id, int seq, const Turn& turn) = 0;
  virtual void append_event(const std::string& call_id, std::uint64_t seq, WallTime at, std::string_view type,
                            std::string_view data) = 0;
};

}  // namespace parley::call
