// Opening the database to write: for the service, and for the command line beside it.
#pragma once

#include <chrono>
#include <filesystem>

#include "base/result.hpp"
#include "store/error.hpp"
#include "store/sqlite.hpp"

namespace parley::store {

struct DatabaseOptions {
  std::filesystem::path file;  // made when absent, mode 0600; its folder must exist
  std::chrono::milliseconds lock_wait{0};
  bool synchronous_full = true;
};

/// In WAL mode and with the newest schema.
Result<Connection, StoreError> open_database(const DatabaseOptions& options);

}  // namespace parley::store
