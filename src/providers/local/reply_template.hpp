// Fills a reply's blanks from what a tool brought.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::providers::local {

/// `results` are JSON texts, one for each call that ended alike: the values of one name are joined
/// to "milk and bread", counts are taken from the last.
///
///     {name}                      a text, a number, a list ("milk, bread and eggs")
///     {items:thing|things}        "two things": how many there are, or the number itself
///     {time:clock}                "15:04" → "3:04 PM"
///     {date:date}                 "2026-11-21" → "November 21st"
///
/// A blank that nothing fills is left out.
std::string fill(std::string_view text, const std::vector<std::string>& results);
std::string fill(std::string_view text, const std::map<std::string, std::string>& slots);

/// True when the JSON object has each field with its value; `empty` and `present` stand for what
/// they say.
bool fits(std::string_view result, const std::vector<std::pair<std::string, std::string>>& when);

/// A JSON object of texts.
std::string to_json(const std::map<std::string, std::string>& fields);

/// "milk, bread and eggs" → its parts, at most `limit`.
std::vector<std::string> take_apart(std::string_view list, std::size_t limit);

}  // namespace parley::providers::local
