#include "call/identity.hpp"

namespace parley::call {

std::string_view to_string(IdentityLevel level) {
  static constexpr std::string_view names[] = {"anonymous", "claimed", "network", "verified"};
  return names[static_cast<std::size_t>(level)];
}

std::string owner_of(const Identity& identity, std::string_view from) {
  if (identity.known()) return "user:" + identity.user_id;
  return identity.level == IdentityLevel::anonymous ? "" : std::string{from};
}

}  // namespace parley::call
