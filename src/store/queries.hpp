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

// Users: not_found where there is none.
Result<UserRow, StoreError> find_user(Connection& connection, const std::string& id);
Result<UserRow, StoreError> find_user_by_name(Connection& connection, const std::string& name);
Result<UserRow, StoreError> find_user_by_pin(Connection& connection, const std::string& pin_index);
Result<std::vector<UserRow>, StoreError> list_users(Connection& connection);  // by name

}  // namespace parley::store
