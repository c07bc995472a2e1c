#include "store/migrations.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

namespace parley::embedded {
extern const std::string_view migration_0001_records;
extern const std::string_view migration_0002_users;
extern const std::string_view migration_0003_transfers;
}  // namespace parley::embedded

namespace parley::store {
namespace {

struct Migration {
  int version;
  const std::string_view* sql;
};
// In order. A migration that was released is never changed: a new one follows it.
constexpr std::array migrations{Migration{1, &embedded::migration_0001_records},
                                Migration{2, &embedded::migration_0002_users},
                                Migration{3, &embedded::migration_0003_transfers}};

Result<int, StoreError> schema_version(Connection& connection) {
  auto query = connection.query("SELECT coalesce(max(version), 0) FROM schema_version");
  if (!query) return std::unexpected(query.error());
  if (const auto row = query->step(); !row) return std::unexpected(row.error());
  return static_cast<int>(query->integer(0));
}

Result<void, StoreError> apply(Connection& connection, const Migration& migration) {
  if (auto begun = connection.run("BEGIN IMMEDIATE"); !begun) return begun;
  // Another process may have been faster: look again under the lock.
  const auto version = schema_version(connection);
  if (!version) return std::unexpected(version.error());
  if (*version < migration.version) {
    if (auto done = connection.run(std::string{*migration.sql}); !done) return done;
    const auto note = fmt::format("INSERT INTO schema_version (version) VALUES ({})", migration.version);
    if (auto noted = connection.run(note); !noted) return noted;
  }
  return connection.run("COMMIT");
}

}  // namespace

int newest_schema() { return migrations.back().version; }

Result<void, StoreError> migrate(Connection& connection) {
  auto made = connection.run(
      "CREATE TABLE IF NOT EXISTS schema_version ("
      "version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))");
  if (!made) return made;
  const auto version = schema_version(connection);
  if (!version) return std::unexpected(version.error());
  if (*version > newest_schema())
    return std::unexpected(
        StoreError{StoreError::Code::newer_schema,
                   fmt::format("the database has schema {}, this program knows up to {}: a newer version has used it; "
                               "run that version, or give this one a database of its own (`store`)",
                               *version, newest_schema())});
  for (const Migration& migration : migrations) {
    if (migration.version <= *version) continue;
    if (auto applied = apply(connection, migration); !applied) {
      connection.roll_back();
      return applied;
    }
  }
  return {};
}

}  // namespace parley::store
