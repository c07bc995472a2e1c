#include "tools/item_match.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/edit_distance.hpp"

namespace parley::tools {
namespace {

constexpr std::size_t max_compared = 100;  // characters: bounds the edit distance

std::vector<std::string> words_of(std::string_view text) {
  static constexpr std::array<std::string_view, 7> ignored = {"a", "an", "the", "some", "my", "to", "of"};
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (!word.empty() && std::ranges::find(ignored, word) == ignored.end()) words.push_back(word);
    word.clear();
  };
  for (const char c : text.substr(0, max_compared)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || std::isalnum(byte) != 0) word += static_cast<char>(std::tolower(byte));
    else if (c != '\'') finish();
  }
  finish();
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

bool all_in(const std::vector<std::string>& some, const std::vector<std::string>& all) {
  return !some.empty() &&
         std::ranges::all_of(some, [&](const auto& word) { return std::ranges::find(all, word) != all.end(); });
}

/// 0 is the same; higher is further; nothing when they are different things.
std::optional<std::size_t> difference(const std::vector<std::string>& item, const std::vector<std::string>& said) {
  const auto a = joined(item), b = joined(said);
  if (a.empty() || b.empty()) return std::nullopt;
  if (a == b) return 0;
  const auto distance = edit_distance(a, b);
  if (all_in(said, item) || all_in(item, said)) return distance;
  // Another word that is as far off as this is a misheard one, not a different one.
  if (distance * 4 <= std::max(a.size(), b.size())) return 1'000 + distance;
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> find_item(const std::vector<std::string>& items, std::string_view said) {
  const auto wanted = words_of(said);
  std::optional<std::size_t> best, best_difference;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto found = difference(words_of(items[i]), wanted);
    if (!found || (best_difference && *found >= *best_difference)) continue;
    best = i;
    best_difference = found;
  }
  return best;
}

}  // namespace parley::tools
