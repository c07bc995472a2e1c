#include "api/if_match.hpp"

#include <algorithm>

namespace parley::api {
namespace {

/// RFC 9110 §8.8.3: visible characters without quotes, and what is beyond ASCII.
bool is_etag_character(char c) {
  const auto value = static_cast<unsigned char>(c);
  return value == 0x21 || (value >= 0x23 && value != 0x7F);
}

}  // namespace

std::optional<IfMatch> IfMatch::parse(std::string_view value) {
  constexpr std::size_t longest = 300;
  if (value == "*") return IfMatch{};
  if (value.size() < 3 || value.size() > longest || value.front() != '"' || value.back() != '"') return std::nullopt;
  const auto tag = value.substr(1, value.size() - 2);
  if (!std::ranges::all_of(tag, is_etag_character)) return std::nullopt;
  if (tag == "*") return IfMatch{};
  return IfMatch{std::string{tag}};
}

}  // namespace parley::api
