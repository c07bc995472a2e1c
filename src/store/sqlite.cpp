#include "store/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

#include "base/assert.hpp"

namespace parley::store {
namespace {

std::int64_t milliseconds_since_1970(WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

/// What the operator can do about it.
std::string_view remedy(int code) {
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another process holds its lock; end that process";
    case SQLITE_FULL: return "the disk (or the size limit of the store) is full; make room";
    case SQLITE_IOERR: return "reading or writing failed; look at the disk and the system log";
    case SQLITE_READONLY:
    case SQLITE_PERM: return "it cannot be written; look at the rights of the file and its folder";
    case SQLITE_CANTOPEN: return "it cannot be opened; look at the path and the rights of its folder";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "it is damaged or no SQLite database; restore a backup, or move it away";
    default: return "";
  }
}

StoreError::Code code_of(int code) {
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT: return StoreError::Code::away;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return StoreError::Code::corrupt;
    default: return StoreError::Code::rejected;
  }
}

StoreError store_error(const std::filesystem::path& file, int code, std::string_view text) {
  const int primary = code & 0xFF;
  const auto advice = remedy(primary);
  return {code_of(primary), fmt::format("{}: {}{}{}", file.string(), text, advice.empty() ? "" : ": ", advice)};
}

int bind(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, index, *number);
  if (const auto* text = std::get_if<std::string>(&value))
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  return sqlite3_bind_null(statement, index);
}

}  // namespace

Value to_value(WallTime time) { return milliseconds_since_1970(time); }
Value to_value(const std::optional<WallTime>& time) { return time ? to_value(*time) : Value{}; }
Value to_value(const std::optional<std::string>& text) { return text ? Value{*text} : Value{}; }

Query::Query(Query&& other) noexcept
    : connection_{other.connection_}, statement_{std::exchange(other.statement_, nullptr)} {}

Query::~Query() {
  if (statement_ != nullptr) sqlite3_reset(statement_);  // its error was step()'s already
}

Result<bool, StoreError> Query::step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: return false;
    default: return std::unexpected(connection_->error());
  }
}

bool Query::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Query::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

WallTime Query::time(int column) const { return WallTime{std::chrono::milliseconds{integer(column)}}; }

std::optional<WallTime> Query::optional_time(int column) const {
  return null(column) ? std::nullopt : std::optional{time(column)};
}
std::optional<std::string> Query::optional_text(int column) const {
  return null(column) ? std::nullopt : std::optional{text(column)};
}

void Connection::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
void Connection::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Result<Connection, StoreError> Connection::open(const Options& options) {
  sqlite3* handle = nullptr;
  const int access = options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(options.file.c_str(), &handle, access | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection{options.file, handle};  // to be closed even when opening failed
  if (code != SQLITE_OK) return std::unexpected(store_error(options.file, code, sqlite3_errstr(code)));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, static_cast<int>(options.lock_wait.count()));
  return connection;
}

Result<void, StoreError> Connection::run(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return std::unexpected(error());
  return {};
}

Result<Query, StoreError> Connection::query(std::string_view sql, std::span<const Value> values) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &statement, nullptr) != SQLITE_OK)
      return std::unexpected(error());
    found = statements_.emplace(std::string{sql}, std::unique_ptr<sqlite3_stmt, Finalize>{statement}).first;
  }
  sqlite3_stmt* statement = found->second.get();
  const auto wanted = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement));
  PARLEY_ASSERT(wanted <= values.size());
  for (std::size_t i = 0; i < wanted; ++i)
    if (bind(statement, static_cast<int>(i) + 1, values[i]) != SQLITE_OK) return std::unexpected(error());
  return Query{*this, statement};
}

Result<void, StoreError> Connection::execute(std::string_view sql, std::span<const Value> values) {
  auto running = query(sql, values);
  if (!running) return std::unexpected(running.error());
  while (true) {
    const auto row = running->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
  }
}

int Connection::changes() const { return sqlite3_changes(handle_.get()); }
bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

void Connection::roll_back() {
  // Full disk and I/O errors have rolled back by themselves already.
  if (in_transaction()) sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

StoreError Connection::error() const {
  return store_error(file_, sqlite3_errcode(handle_.get()), sqlite3_errmsg(handle_.get()));
}

}  // namespace parley::store
