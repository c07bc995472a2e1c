#include "store/users.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ulid.hpp"
#include "store/database.hpp"
#include "store/queries.hpp"

namespace parley::store {
namespace {

constexpr std::size_t longest_name = 64;

std::unexpected<std::string> failed(const StoreError& error) { return std::unexpected(error.message); }

/// It is spoken and shown: no control characters, no blanks around it.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && name.front() != ' ' && name.back() != ' ' &&
         std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

}  // namespace

Result<Users, std::string> Users::open(const std::filesystem::path& database, Pins pins) {
  auto connection = open_database({database, std::chrono::seconds{5}});
  if (!connection) return failed(connection.error());
  return Users{std::move(*connection), std::move(pins)};
}

Result<UserRow, std::string> Users::find(const std::string& user) {
  auto found = find_user(connection_, user);
  if (!found && found.error().code == StoreError::Code::not_found) found = find_user_by_name(connection_, user);
  if (found) return std::move(*found);
  if (found.error().code != StoreError::Code::not_found) return failed(found.error());
  return std::unexpected(fmt::format("there is no user '{}'; `parley user list` shows who there is", user));
}

Result<void, std::string> Users::give_pin(UserRow& user, std::string_view pin, Random& random) {
  if (!is_pin(pin)) return std::unexpected("a PIN has 4 to 12 digits and nothing else");
  user.pin_index = pins_.index(pin);
  const auto owner = find_user_by_pin(connection_, user.pin_index);
  if (owner && owner->id != user.id)
    return std::unexpected("another user has this PIN; it has to be one that nobody else uses");
  if (!owner && owner.error().code != StoreError::Code::not_found) return failed(owner.error());
  user.pin_hash = pins_.hash(pin, random);
  if (user.pin_hash.empty()) return std::unexpected("there is not enough memory to hash the PIN (19 MiB)");
  return {};
}

Result<UserRow, std::string> Users::add(std::string name, std::string_view pin, WallTime now, Random& random) {
  if (!is_name(name))
    return std::unexpected(
        fmt::format("a name has 1 to {} bytes, without control characters or blanks around it", longest_name));
  const auto same = find_user_by_name(connection_, name);
  if (same) return std::unexpected(fmt::format("there is already a user '{}'", same->name));
  if (same.error().code != StoreError::Code::not_found) return failed(same.error());
  // To the millisecond, as the database has it.
  const auto created = std::chrono::floor<std::chrono::milliseconds>(now);
  UserRow user{make_ulid(now, random), std::move(name), {}, {}, created};
  if (auto given = give_pin(user, pin, random); !given) return std::unexpected(given.error());
  const auto done = connection_.execute(
      "INSERT INTO user (id, name, pin_index, pin_hash, created_at) VALUES (?1,?2,?3,?4,?5)",
      std::array<Value, 5>{user.id, user.name, user.pin_index, user.pin_hash, to_value(user.created_at)});
  if (!done) return failed(done.error());
  return user;
}

Result<std::vector<UserRow>, std::string> Users::list() {
  auto users = list_users(connection_);
  if (!users) return failed(users.error());
  return std::move(*users);
}

Result<UserRow, std::string> Users::remove(const std::string& user) {
  auto found = find(user);
  if (!found) return found;
  const auto done = connection_.execute("DELETE FROM user WHERE id = ?1", std::array<Value, 1>{found->id});
  if (!done) return failed(done.error());
  return found;
}

Result<UserRow, std::string> Users::set_pin(const std::string& user, std::string_view pin, Random& random) {
  auto found = find(user);
  if (!found) return found;
  if (auto given = give_pin(*found, pin, random); !given) return std::unexpected(given.error());
  const auto done = connection_.execute("UPDATE user SET pin_index = ?2, pin_hash = ?3 WHERE id = ?1",
                                        std::array<Value, 3>{found->id, found->pin_index, found->pin_hash});
  if (!done) return failed(done.error());
  if (connection_.changes() == 0) return std::unexpected(fmt::format("the user '{}' was removed meanwhile", user));
  return found;
}

}  // namespace parley::store
