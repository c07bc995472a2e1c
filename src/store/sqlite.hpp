// SQLite with owned handles, a cache of prepared statements, and errors as StoreError.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "base/time.hpp"
#include "store/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace parley::store {

/// What a column holds: nothing, a number (times: milliseconds since 1970) or text.
using Value = std::variant<std::monostate, std::int64_t, std::string>;

Value to_value(WallTime time);
Value to_value(const std::optional<WallTime>& time);
Value to_value(const std::optional<std::string>& text);

class Connection;

/// One execution of a prepared statement; gives the statement back when it goes.
class Query {
 public:
  ~Query();
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;

  /// True while there is a row to read.
  Result<bool, StoreError> step();

  // Columns of the current row, from 0.
  bool null(int column) const;
  std::int64_t integer(int column) const;
  std::string text(int column) const;
  WallTime time(int column) const;
  std::optional<WallTime> optional_time(int column) const;
  std::optional<std::string> optional_text(int column) const;

 private:
  friend class Connection;
  Query(Connection& connection, sqlite3_stmt* statement) : connection_{&connection}, statement_{statement} {}

  Connection* connection_;
  sqlite3_stmt* statement_;
};

/// Used by one thread. Outlives its queries; one query a statement at a time.
class Connection {
 public:
  struct Options {
    std::filesystem::path file;
    bool read_only = false;
    std::chrono::milliseconds lock_wait{0};
  };
  static Result<Connection, StoreError> open(const Options& options);

  /// Statements without parameters or answer.
  Result<void, StoreError> run(const std::string& sql);
  /// Prepares (once) and binds `values` to ?1, ?2 …, as many as the statement has. They are borrowed
  /// until the query goes.
  Result<Query, StoreError> query(std::string_view sql, std::span<const Value> values = {});
  /// query() for statements whose rows nobody reads.
  Result<void, StoreError> execute(std::string_view sql, std::span<const Value> values = {});

  /// Rows that the last statement changed.
  int changes() const;
  bool in_transaction() const;
  /// Ends a transaction that cannot be finished; harmless without one.
  void roll_back();

 private:
  friend class Query;
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  Connection(std::filesystem::path file, sqlite3* handle) : file_{std::move(file)}, handle_{handle} {}
  StoreError error() const;

  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> handle_;
  std::map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, std::less<>> statements_;
};

}  // namespace parley::store
