// What is kept of calls and callers, as plain values. Words (states, causes, channels) are those of
// the API; JSON columns are text, because nothing here looks into them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace parley::store {

struct TransferRow {
  std::string id;  // ULID
  std::string call_id;
  std::string target;  // extension, number or URI, as it was asked for
  std::string mode;    // `blind`, `warm`, `attended`
  std::string via;     // `bridge`, …
  std::string state;   // `dialling` … `completed`, `declined`, `cancelled`, `failed`
  std::string cause;   // empty: none
  std::string leg_id;  // of the agent who answered; empty: nobody
  WallTime started_at{};
  std::optional<WallTime> ended_at;

  bool operator==(const TransferRow&) const = default;
};

struct CallRow {
  std::string id;     // ULID
  std::string state;  // `arriving` … `ended`
  bool on_hold = false;
  std::string direction;  // `inbound`, `outbound`
  std::string channel;    // `sip`, `webrtc`, …
  std::string from, to;
  std::string assistant;  // empty: a test extension
  WallTime started_at{};
  std::optional<WallTime> answered_at, ended_at;
  std::int64_t duration_ms = 0;  // since the answer
  std::string end_cause;         // empty until the end
  int sip_status = 0;            // 0: none
  int turns = 0;
  std::string recording;  // path below the recordings folder; empty: none
  std::optional<std::string> summary;
  std::string extracted = "{}";          // JSON object
  std::string external_ids = "{}";       // JSON object of strings
  std::optional<std::string> continues;  // id of the call that this one goes on from
  std::string quality = "{}";            // JSON object
  std::string user_id, user_name;
  std::string identity = "anonymous";  // `anonymous`, `claimed`, `network`, `verified`
  /// Read only: each is written by itself. In the order of their beginning.
  std::vector<TransferRow> transfers;

  bool operator==(const CallRow&) const = default;
};

/// One party of a call. Written again, whole, when it leaves.
struct LegRow {
  std::string id;
  std::string call_id;
  std::string role;  // `caller`, `agent`, `supervisor`
  std::string channel;
  std::string address;  // URI or number
  WallTime joined_at{};
  std::optional<WallTime> left_at;
  std::string quality = "{}";

  bool operator==(const LegRow&) const = default;
};

struct TurnRow {
  std::string call_id;
  int seq = 0;          // within the call
  std::string leg_id;   // empty: the assistant
  std::string speaker;  // `caller`, `assistant`, `agent`, `supervisor`
  std::string text;
  std::int64_t started_ms = 0, ended_ms = 0;  // since the answer
  bool interrupted = false;
  std::optional<std::string> heard_text;
  std::string provider;
  std::string timings = "{}";  // JSON object

  bool operator==(const TurnRow&) const = default;
};

struct EventRow {
  std::string call_id;
  std::uint64_t seq = 0;  // within the call
  WallTime at{};
  std::string type;
  std::string data = "{}";  // JSON object

  bool operator==(const EventRow&) const = default;
};

struct TodoRow {
  std::string id;     // ULID
  std::string owner;  // whose list: the caller's identity
  std::string item;
  WallTime created_at{};
  std::optional<WallTime> done_at;

  bool operator==(const TodoRow&) const = default;
};

/// Something to remember: from the assistant's tool (owner: the caller) or an agent (owner: the
/// extension) about a call.
struct NoteRow {
  std::string id;  // ULID
  std::string owner;
  std::string call_id;  // empty: not about a call
  std::string text;
  std::string disposition;
  WallTime created_at{};

  bool operator==(const NoteRow&) const = default;
};

/// A person who proves who they are with a PIN.
struct UserRow {
  std::string id;  // ULID
  std::string name;
  std::string pin_index, pin_hash;  // see pin.hpp
  WallTime created_at{};

  bool operator==(const UserRow&) const = default;
};

/// A call with all that belongs to it.
struct CallDetail {
  CallRow call;
  std::vector<LegRow> legs;         // in the order of joining
  std::vector<TurnRow> transcript;  // by seq
  std::vector<EventRow> events;     // by seq; the last 10,000
  std::vector<NoteRow> notes;       // oldest first
};

}  // namespace parley::store
