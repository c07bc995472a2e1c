// The user table as the command line changes it, also while the service runs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "store/pin.hpp"
#include "store/rows.hpp"
#include "store/sqlite.hpp"

namespace parley::store {

/// Blocks: on the disk, on another process's lock (up to 5 s), and on hashing. Errors are one line
/// for the person at the keyboard.
class Users {
 public:
  static Result<Users, std::string> open(const std::filesystem::path& database, Pins pins);

  /// Names are unique without regard to the case of a–z, PINs are unique.
  Result<UserRow, std::string> add(std::string name, std::string_view pin, WallTime now, Random& random);
  Result<std::vector<UserRow>, std::string> list();
  /// `user` is an id or a name; the answer is who it was.
  Result<UserRow, std::string> remove(const std::string& user);
  Result<UserRow, std::string> set_pin(const std::string& user, std::string_view pin, Random& random);

 private:
  Users(Connection connection, Pins pins) : connection_{std::move(connection)}, pins_{std::move(pins)} {}

  Result<UserRow, std::string> find(const std::string& user);
  /// Fills the index and the hash.
  Result<void, std::string> give_pin(UserRow& user, std::string_view pin, Random& random);

  Connection connection_;
  Pins pins_;
};

}  // namespace parley::store
