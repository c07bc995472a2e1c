#include "store/database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "store/migrations.hpp"

namespace parley::store {
namespace {

/// Before SQLite makes the file: what callers say is nobody else's business. Its other files take
/// the same rights.
void make_private(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor >= 0) ::close(descriptor);  // otherwise SQLite says what is wrong
}

Result<void, StoreError> prepare(Connection& connection, bool synchronous_full) {
  auto prepared = connection.run("PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864");
  if (!prepared) return prepared;
  prepared = connection.run(fmt::format("PRAGMA synchronous = {}", synchronous_full ? "FULL" : "NORMAL"));
  if (!prepared) return prepared;
  return migrate(connection);
}

}  // namespace

Result<Connection, StoreError> open_database(const DatabaseOptions& options) {
  make_private(options.file);
  auto connection = Connection::open({options.file, false, options.lock_wait});
  if (!connection) return connection;
  if (auto prepared = prepare(*connection, options.synchronous_full); !prepared)
    return std::unexpected(prepared.error());
  return connection;
}

}  // namespace parley::store
