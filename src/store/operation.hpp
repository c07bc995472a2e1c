// A write as a value: what the queue holds, the writer applies, and the journal keeps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/error.hpp"
#include "store/rows.hpp"
#include "store/sqlite.hpp"

namespace parley::store {

/// Applying one twice is the same as applying it once, so a journal may be replayed again after a
/// crash in the middle. A kind whose values change gets a new name: journals outlive programs.
struct Operation {
  enum class Kind : std::uint8_t {
    put_call,
    end_call,
    put_leg,
    put_turn,
    put_event,
    put_todo,
    finish_todo,
    put_note,
    put_transfer
  };
  Kind kind = Kind::put_call;
  std::vector<Value> values;  // in the order of the statement's parameters

  static Operation put_call(CallRow call);
  static Operation end_call(CallRow call);
  static Operation put_leg(LegRow leg);
  static Operation put_turn(TurnRow turn);
  static Operation put_event(EventRow event);
  static Operation put_todo(TodoRow todo);
  static Operation finish_todo(std::string id, WallTime at);
  static Operation put_note(NoteRow note);
  static Operation put_transfer(TransferRow transfer);

  bool operator==(const Operation&) const = default;
};

Result<void, StoreError> apply(Connection& connection, const Operation& operation);

/// `{"op":"put_turn","values":[…]}`. Text that is not UTF-8 has its bad bytes replaced.
std::string to_json(const Operation& operation);
/// Nothing when it is not one of ours.
std::optional<Operation> operation_from_json(std::string_view text);

}  // namespace parley::store
