// Brings a database to the schema of this program.
#pragma once

#include "base/result.hpp"
#include "store/error.hpp"
#include "store/sqlite.hpp"

namespace parley::store {

/// Schema of the newest migration.
int newest_schema();

/// Each missing migration in a transaction of its own, so that a crash leaves a whole schema. Two
/// processes may do it at once. newer_schema when a later program has been here.
Result<void, StoreError> migrate(Connection& connection);

}  // namespace parley::store
