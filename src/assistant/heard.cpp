#include "assistant/heard.hpp"

#include <algorithm>

namespace parley::assistant {

namespace {

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }
bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t'; }

}  // namespace

std::string_view heard_part(std::string_view text, std::size_t played, std::size_t total) {
  if (total == 0) return {};
  if (played >= total) return text;
  const auto characters = static_cast<std::size_t>(std::ranges::count_if(text, starts_character));
  std::size_t left = characters * played / total;

  std::size_t cut = 0;
  while (cut < text.size() && (left > 0 || !starts_character(text[cut]))) {
    if (starts_character(text[cut])) --left;
    ++cut;
  }
  if (cut < text.size() && !is_space(text[cut]))
    while (cut > 0 && !is_space(text[cut - 1])) --cut;
  while (cut > 0 && is_space(text[cut - 1])) --cut;
  return text.substr(0, cut);
}

double estimated_seconds(std::string_view text) {
  constexpr double syllables_per_second = 3.8;
  constexpr std::string_view vowels = "aeiouyAEIOUY";
  std::size_t syllables = 0;
  bool in_vowels = false;
  for (const char c : text) {
    const bool vowel = vowels.contains(c);
    const bool foreign = static_cast<unsigned char>(c) >= 0xC0;
    if (foreign || (vowel && !in_vowels)) ++syllables;
    in_vowels = vowel;
  }
  return static_cast<double>(std::max<std::size_t>(syllables, 1)) / syllables_per_second;
}

}  // namespace parley::assistant
