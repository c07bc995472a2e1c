// Who calls, and how sure of it we are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace parley::call {

/// From weak to strong.
enum class IdentityLevel : std::uint8_t {
  anonymous,  // nothing is known
  claimed,    // the caller says so: From
  network,    // a trusted trunk says so: P-Asserted-Identity
  verified,   // proven: digest, PIN
};
std::string_view to_string(IdentityLevel level);

/// Passed with the request for a call, by the leg that has authenticated it.
struct Identity {
  IdentityLevel level = IdentityLevel::anonymous;
  std::string user_id, user_name;  // of the user table; empty: no user, or nobody knows which

  /// Whether what is kept of this user may be told and changed.
  bool known() const { return level >= IdentityLevel::network && !user_id.empty(); }
  bool operator==(const Identity&) const = default;
};

/// Whose to-do list and notes: the user's wherever they call from, else the address's. Empty for who
/// is anonymous: the next such caller is another.
std::string owner_of(const Identity& identity, std::string_view from);

}  // namespace parley::call
