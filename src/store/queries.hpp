// The reads, on a connection of their own.
#pragma once

#include <string>
#include <vector>

#include "store/records.hpp"
#include "store/sqlite.hpp"

namespace parley::store {

Result<CallPage, StoreError> list_calls(Connection& connection, const CallFilter& filter);
Result<CallDetail, StoreError> get_call(Connection& connection, const std::string& id);
Result<std::vector<TodoRow>, StoreError> list_todos(Connection& connection, const std::string& owner);

}  // namespace parley::store
