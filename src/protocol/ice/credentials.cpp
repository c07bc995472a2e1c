#include "protocol/ice/credentials.hpp"

#include <algorithm>

namespace parley::ice {
namespace {

constexpr std::size_t random_in_ufrag = 9, pwd_length = 26;
constexpr std::string_view hex = "0123456789abcdef";

bool is_ice_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view{"+/=-_"}.contains(c);
}

bool acceptable(std::string_view text, std::size_t least) {
  return text.size() >= least && text.size() <= 256 && std::ranges::all_of(text, is_ice_char);
}

}  // namespace

Credentials Credentials::make(int worker, Random& random) {
  const auto index = static_cast<std::size_t>(worker) & 0xFF;
  return {std::string{'w', hex[index / 16], hex[index % 16]} + random.token(random_in_ufrag), random.token(pwd_length)};
}

bool Credentials::acceptable() const { return ice::acceptable(ufrag, 4) && ice::acceptable(pwd, 22); }

std::optional<int> worker_of(std::string_view ufrag) {
  if (ufrag.size() != 3 + random_in_ufrag || ufrag[0] != 'w') return std::nullopt;
  const auto high = hex.find(ufrag[1]), low = hex.find(ufrag[2]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<int>(high * 16 + low);
}

}  // namespace parley::ice
