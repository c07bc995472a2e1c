#include "store/operation.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace parley::store {
namespace {

constexpr std::size_t external_ids_index = 16;

constexpr std::string_view put_call_sql =
    "INSERT INTO call (id, state, on_hold, direction, channel, from_address, to_address, assistant, started_at,"
    " answered_at, ended_at, duration_ms, end_cause, sip_status, turns, recording, external_ids, continues, quality,"
    " user_id, user_name, identity)"
    " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22)"
    " ON CONFLICT (id) DO UPDATE SET state=?2, on_hold=?3, direction=?4, channel=?5, from_address=?6, to_address=?7,"
    " assistant=?8, started_at=?9, answered_at=?10, ended_at=?11, duration_ms=?12, end_cause=?13, sip_status=?14,"
    " turns=?15, recording=?16, external_ids=?17, continues=?18, quality=?19, user_id=?20, user_name=?21, identity=?22";

constexpr std::string_view end_call_sql =
    "INSERT OR REPLACE INTO call (id, state, on_hold, direction, channel, from_address, to_address, assistant,"
    " started_at, answered_at, ended_at, duration_ms, end_cause, sip_status, turns, recording, external_ids, continues,"
    " quality, user_id, user_name, identity, summary, extracted)"
    " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24)";

// What is not JSON has no ids; the call is stored all the same.
constexpr std::string_view external_ids_sql =
    "INSERT OR IGNORE INTO external_id (value, call_id, name)"
    " SELECT CAST(value AS TEXT), ?1, key FROM json_each(CASE WHEN json_valid(?2) THEN ?2 ELSE '{}' END)"
    " WHERE value IS NOT NULL";

struct Form {
  std::string_view name;
  std::size_t values;
  std::string_view sql;
};
constexpr std::array<Form, 9> forms{{
    {"put_call", 22, put_call_sql},
    {"end_call", 24, end_call_sql},
    {"put_leg", 8,
     "INSERT OR REPLACE INTO leg (id, call_id, role, channel, address, joined_at, left_at, quality)"
     " VALUES (?1,?2,?3,?4,?5,?6,?7,?8)"},
    {"put_turn", 11,
     "INSERT OR REPLACE INTO turn (call_id, seq, leg_id, speaker, text, started_ms, ended_ms, interrupted, heard_text,"
     " provider, timings) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)"},
    {"put_event", 5, "INSERT OR REPLACE INTO event (call_id, seq, at, type, data) VALUES (?1,?2,?3,?4,?5)"},
    // A todo that was finished in between stays so when its making is replayed.
    {"put_todo", 5,
     "INSERT INTO todo (id, owner, item, created_at, done_at) VALUES (?1,?2,?3,?4,?5)"
     " ON CONFLICT (id) DO UPDATE SET owner=?2, item=?3, created_at=?4, done_at=coalesce(?5, done_at)"},
    {"finish_todo", 2, "UPDATE todo SET done_at = ?2 WHERE id = ?1"},
    {"put_note", 6,
     "INSERT OR REPLACE INTO note (id, owner, call_id, text, disposition, created_at) VALUES (?1,?2,?3,?4,?5,?6)"},
    {"put_transfer", 10,
     "INSERT OR REPLACE INTO transfer (id, call_id, target, mode, via, state, cause, leg_id, started_at, ended_at)"
     " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)"},
}};

const Form& form_of(Operation::Kind kind) { return forms[static_cast<std::size_t>(kind)]; }

std::vector<Value> call_values(CallRow&& call) {
  return {std::move(call.id),         std::move(call.state),         std::int64_t{call.on_hold},
          std::move(call.direction),  std::move(call.channel),       std::move(call.from),
          std::move(call.to),         std::move(call.assistant),     to_value(call.started_at),
          to_value(call.answered_at), to_value(call.ended_at),       call.duration_ms,
          std::move(call.end_cause),  std::int64_t{call.sip_status}, std::int64_t{call.turns},
          std::move(call.recording),  std::move(call.external_ids),  to_value(call.continues),
          std::move(call.quality),    std::move(call.user_id),       std::move(call.user_name),
          std::move(call.identity)};
}

}  // namespace

Operation Operation::put_call(CallRow call) { return {Kind::put_call, call_values(std::move(call))}; }

Operation Operation::end_call(CallRow call) {
  auto summary = to_value(call.summary);
  auto extracted = std::move(call.extracted);
  Operation operation{Kind::end_call, call_values(std::move(call))};
  operation.values.emplace_back(std::move(summary));
  operation.values.emplace_back(std::move(extracted));
  return operation;
}

Operation Operation::put_leg(LegRow leg) {
  return {Kind::put_leg,
          {std::move(leg.id), std::move(leg.call_id), std::move(leg.role), std::move(leg.channel),
           std::move(leg.address), to_value(leg.joined_at), to_value(leg.left_at), std::move(leg.quality)}};
}

Operation Operation::put_turn(TurnRow turn) {
  return {Kind::put_turn,
          {std::move(turn.call_id), std::int64_t{turn.seq}, std::move(turn.leg_id), std::move(turn.speaker),
           std::move(turn.text), turn.started_ms, turn.ended_ms, std::int64_t{turn.interrupted},
           to_value(turn.heard_text), std::move(turn.provider), std::move(turn.timings)}};
}

Operation Operation::put_event(EventRow event) {
  return {Kind::put_event,
          {std::move(event.call_id), static_cast<std::int64_t>(event.seq), to_value(event.at), std::move(event.type),
           std::move(event.data)}};
}

Operation Operation::put_todo(TodoRow todo) {
  return {Kind::put_todo,
          {std::move(todo.id), std::move(todo.owner), std::move(todo.item), to_value(todo.created_at),
           to_value(todo.done_at)}};
}

Operation Operation::finish_todo(std::string id, WallTime at) {
  return {Kind::finish_todo, {std::move(id), to_value(at)}};
}

Operation Operation::put_note(NoteRow note) {
  return {Kind::put_note,
          {std::move(note.id), std::move(note.owner), std::move(note.call_id), std::move(note.text),
           std::move(note.disposition), to_value(note.created_at)}};
}

Operation Operation::put_transfer(TransferRow transfer) {
  return {Kind::put_transfer,
          {std::move(transfer.id), std::move(transfer.call_id), std::move(transfer.target), std::move(transfer.mode),
           std::move(transfer.via), std::move(transfer.state), std::move(transfer.cause), std::move(transfer.leg_id),
           to_value(transfer.started_at), to_value(transfer.ended_at)}};
}

Result<void, StoreError> apply(Connection& connection, const Operation& operation) {
  if (auto done = connection.execute(form_of(operation.kind).sql, operation.values); !done) return done;
  if (operation.kind != Operation::Kind::put_call && operation.kind != Operation::Kind::end_call) return {};
  const Value& external_ids = operation.values[external_ids_index];
  if (external_ids == Value{"{}"}) return {};
  return connection.execute(external_ids_sql, std::array{operation.values[0], external_ids});
}

std::string to_json(const Operation& operation) {
  auto values = nlohmann::json::array();
  for (const Value& value : operation.values) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) values.push_back(*number);
    else if (const auto* text = std::get_if<std::string>(&value)) values.push_back(*text);
    else values.push_back(nullptr);
  }
  const nlohmann::json object{{"op", form_of(operation.kind).name}, {"values", std::move(values)}};
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<Operation> operation_from_json(std::string_view text) {
  const auto object = nlohmann::json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto name = object.find("op");
  const auto values = object.find("values");
  if (name == object.end() || values == object.end() || !name->is_string() || !values->is_array()) return std::nullopt;

  for (std::size_t kind = 0; kind < forms.size(); ++kind) {
    if (forms[kind].name != name->get_ref<const std::string&>()) continue;
    if (forms[kind].values != values->size()) return std::nullopt;
    Operation operation{static_cast<Operation::Kind>(kind), {}};
    for (const auto& value : *values) {
      if (value.is_number_integer()) operation.values.emplace_back(value.get<std::int64_t>());
      else if (value.is_string()) operation.values.emplace_back(value.get<std::string>());
      else if (value.is_null()) operation.values.emplace_back();
      else return std::nullopt;
    }
    return operation;
  }
  return std::nullopt;
}

}  // namespace parley::store
