#include "store/queries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace parley::store {
namespace {

constexpr std::string_view call_columns =
    "id, state, on_hold, direction, channel, from_address, to_address, assistant, started_at, answered_at, ended_at,"
    " duration_ms, end_cause, sip_status, turns, recording, external_ids, continues, quality, user_id, user_name,"
    " identity, summary, extracted";

CallRow call_of(const Query& row) {
  CallRow call;
  call.id = row.text(0);
  call.state = row.text(1);
  call.on_hold = row.integer(2) != 0;
  call.direction = row.text(3);
  call.channel = row.text(4);
  call.from = row.text(5);
  call.to = row.text(6);
  call.assistant = row.text(7);
  call.started_at = row.time(8);
  call.answered_at = row.optional_time(9);
  call.ended_at = row.optional_time(10);
  call.duration_ms = row.integer(11);
  call.end_cause = row.text(12);
  call.sip_status = static_cast<int>(row.integer(13));
  call.turns = static_cast<int>(row.integer(14));
  call.recording = row.text(15);
  call.external_ids = row.text(16);
  call.continues = row.optional_text(17);
  call.quality = row.text(18);
  call.user_id = row.text(19);
  call.user_name = row.text(20);
  call.identity = row.text(21);
  call.summary = row.optional_text(22);
  call.extracted = row.text(23);
  return call;
}

/// `<started_at>.<id>`: where the last row of a page stands in the order.
struct Position {
  std::int64_t started_at;
  std::string id;
};

std::string cursor_of(const CallRow& call) {
  return fmt::format("{:x}.{}", std::get<std::int64_t>(to_value(call.started_at)), call.id);
}

std::optional<Position> position_of(std::string_view cursor) {
  const auto dot = cursor.find('.');
  if (dot == std::string_view::npos || cursor.size() > 100) return std::nullopt;
  const auto number = cursor.substr(0, dot);
  Position position{0, std::string{cursor.substr(dot + 1)}};
  const auto end = number.data() + number.size();
  const auto parsed = std::from_chars(number.data(), end, position.started_at, 16);
  if (parsed.ec != std::errc{} || parsed.ptr != end || position.id.empty()) return std::nullopt;
  return position;
}

/// All rows of a statement, each through `read`.
template <class Row, class Read>
Result<std::vector<Row>, StoreError> rows(Connection& connection, std::string_view sql, std::span<const Value> values,
                                          Read read) {
  auto query = connection.query(sql, values);
  if (!query) return std::unexpected(query.error());
  std::vector<Row> found;
  while (true) {
    const auto row = query->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return found;
    found.push_back(read(std::as_const(*query)));
  }
}

LegRow leg_of(const Query& row) {
  return {row.text(0), row.text(1), row.text(2),          row.text(3),
          row.text(4), row.time(5), row.optional_time(6), row.text(7)};
}
TransferRow transfer_of(const Query& row) {
  return {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4),
          row.text(5), row.text(6), row.text(7), row.time(8), row.optional_time(9)};
}
TurnRow turn_of(const Query& row) {
  return {row.text(0),          static_cast<int>(row.integer(1)),
          row.text(2),          row.text(3),
          row.text(4),          row.integer(5),
          row.integer(6),       row.integer(7) != 0,
          row.optional_text(8), row.text(9),
          row.text(10)};
}
EventRow event_of(const Query& row) {
  return {row.text(0), static_cast<std::uint64_t>(row.integer(1)), row.time(2), row.text(3), row.text(4)};
}
NoteRow note_of(const Query& row) {
  return {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4), row.time(5)};
}
TodoRow todo_of(const Query& row) { return {row.text(0), row.text(1), row.text(2), row.time(3), row.optional_time(4)}; }
UserRow user_of(const Query& row) { return {row.text(0), row.text(1), row.text(2), row.text(3), row.time(4)}; }

Result<void, StoreError> add_transfers(Connection& connection, std::vector<CallRow>& calls) {
  for (auto& call : calls) {
    auto transfers = rows<TransferRow>(connection,
                                       "SELECT id, call_id, target, mode, via, state, cause, leg_id, started_at,"
                                       " ended_at FROM transfer WHERE call_id = ?1 ORDER BY id LIMIT 100",
                                       std::array<Value, 1>{call.id}, transfer_of);
    if (!transfers) return std::unexpected(transfers.error());
    call.transfers = std::move(*transfers);
  }
  return {};
}

constexpr std::string_view user_columns = "id, name, pin_index, pin_hash, created_at";

Result<UserRow, StoreError> one_user(Connection& connection, std::string_view condition, const std::string& key) {
  auto users = rows<UserRow>(connection, fmt::format("SELECT {} FROM user WHERE {}", user_columns, condition),
                             std::array<Value, 1>{key}, user_of);
  if (!users) return std::unexpected(users.error());
  if (users->empty()) return std::unexpected(StoreError{StoreError::Code::not_found, "no such user"});
  return std::move(users->front());
}

}  // namespace

Result<CallPage, StoreError> list_calls(Connection& connection, const CallFilter& filter) {
  // Few calls are open among many: by start, the search for them could walk through years.
  const bool open_only = !filter.state.empty() && filter.state != "ended";
  std::string sql = fmt::format("SELECT {} FROM call {}", call_columns,
                                open_only ? "INDEXED BY call_open WHERE state <> 'ended'" : "WHERE 1");
  std::vector<Value> values;
  // Only the shape of the filter is in the text, so the statement cache stays small.
  const auto condition = [&](std::string_view text, Value value) {
    values.push_back(std::move(value));
    sql += fmt::format(" AND {} ?{}", text, values.size());
  };
  if (!filter.state.empty()) condition("state =", filter.state);
  if (!filter.from.empty()) condition("from_address =", filter.from);
  if (!filter.to.empty()) condition("to_address =", filter.to);
  if (!filter.assistant.empty()) condition("assistant =", filter.assistant);
  if (filter.since) condition("started_at >=", to_value(*filter.since));
  if (filter.until) condition("started_at <", to_value(*filter.until));
  if (!filter.external_id.empty()) {
    condition("id IN (SELECT call_id FROM external_id WHERE value =", filter.external_id);
    sql += ')';
  }
  if (!filter.cursor.empty()) {
    auto position = position_of(filter.cursor);
    if (!position)
      return std::unexpected(StoreError{StoreError::Code::bad_cursor, "the cursor is not one that a list has given"});
    values.emplace_back(position->started_at);
    values.emplace_back(std::move(position->id));
    sql += fmt::format(" AND (started_at, id) < (?{}, ?{})", values.size() - 1, values.size());
  }
  const std::size_t limit = std::clamp<std::size_t>(filter.limit, 1, 500);
  values.emplace_back(static_cast<std::int64_t>(limit) + 1);  // one more tells whether there is a next page
  sql += fmt::format(" ORDER BY started_at DESC, id DESC LIMIT ?{}", values.size());

  auto calls = rows<CallRow>(connection, sql, values, call_of);
  if (!calls) return std::unexpected(calls.error());
  CallPage page{std::move(*calls), std::nullopt};
  if (page.calls.size() > limit) {
    page.calls.pop_back();
    page.next_cursor = cursor_of(page.calls.back());
  }
  if (const auto added = add_transfers(connection, page.calls); !added) return std::unexpected(added.error());
  return page;
}

Result<CallDetail, StoreError> get_call(Connection& connection, const std::string& id) {
  const std::array<Value, 1> key{id};
  auto calls = rows<CallRow>(connection, fmt::format("SELECT {} FROM call WHERE id = ?1", call_columns), key, call_of);
  if (!calls) return std::unexpected(calls.error());
  if (calls->empty()) return std::unexpected(StoreError{StoreError::Code::not_found, fmt::format("no call {}", id)});
  if (const auto added = add_transfers(connection, *calls); !added) return std::unexpected(added.error());

  auto legs = rows<LegRow>(connection,
                           "SELECT id, call_id, role, channel, address, joined_at, left_at, quality FROM leg"
                           " WHERE call_id = ?1 ORDER BY joined_at, id LIMIT 1000",
                           key, leg_of);
  if (!legs) return std::unexpected(legs.error());
  auto turns =
      rows<TurnRow>(connection,
                    "SELECT call_id, seq, leg_id, speaker, text, started_ms, ended_ms, interrupted, heard_text,"
                    " provider, timings FROM turn WHERE call_id = ?1 ORDER BY seq LIMIT 10000",
                    key, turn_of);
  if (!turns) return std::unexpected(turns.error());
  auto events = rows<EventRow>(connection,
                               "SELECT call_id, seq, at, type, data FROM event WHERE call_id = ?1"
                               " ORDER BY seq DESC LIMIT 10000",
                               key, event_of);
  if (!events) return std::unexpected(events.error());
  std::ranges::reverse(*events);
  auto notes = rows<NoteRow>(connection,
                             "SELECT id, owner, call_id, text, disposition, created_at FROM note"
                             " WHERE call_id = ?1 AND call_id <> '' ORDER BY id LIMIT 1000",
                             key, note_of);
  if (!notes) return std::unexpected(notes.error());
  return CallDetail{std::move(calls->front()), std::move(*legs), std::move(*turns), std::move(*events),
                    std::move(*notes)};
}

Result<std::vector<TodoRow>, StoreError> list_todos(Connection& connection, const std::string& owner) {
  return rows<TodoRow>(connection,
                       "SELECT id, owner, item, created_at, done_at FROM todo"
                       " WHERE owner = ?1 AND done_at IS NULL ORDER BY id LIMIT 500",
                       std::array<Value, 1>{owner}, todo_of);
}

Result<UserRow, StoreError> find_user(Connection& connection, const std::string& id) {
  return one_user(connection, "id = ?1", id);
}
Result<UserRow, StoreError> find_user_by_name(Connection& connection, const std::string& name) {
  return one_user(connection, "name = ?1", name);
}
Result<UserRow, StoreError> find_user_by_pin(Connection& connection, const std::string& pin_index) {
  return one_user(connection, "pin_index = ?1", pin_index);
}
Result<std::vector<UserRow>, StoreError> list_users(Connection& connection) {
  return rows<UserRow>(connection, fmt::format("SELECT {} FROM user ORDER BY name", user_columns), {}, user_of);
}

}  // namespace parley::store
