#include "providers/local/reply_template.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

namespace parley::providers::local {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 13> numbers{"no",    "one",   "two",  "three", "four",   "five",  "six",
                                                   "seven", "eight", "nine", "ten",   "eleven", "twelve"};
constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};
constexpr std::size_t longest_list = 20;  // nobody listens to more

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += i + 1 == parts.size() ? " and " : ", ";
    out += parts[i];
  }
  return out;
}

/// What a value contributes to a list of things.
void collect(const json& value, std::vector<std::string>& parts) {
  if (parts.size() >= longest_list) return;
  if (value.is_string()) {
    parts.push_back(value.get<std::string>());
  } else if (value.is_number() || value.is_boolean()) {
    parts.push_back(value.dump());
  } else if (value.is_array()) {
    for (const auto& entry : value) collect(entry, parts);
  } else if (value.is_object()) {
    for (const char* name : {"text", "title", "item", "name"})
      if (const auto it = value.find(name); it != value.end()) return collect(*it, parts);
  }
}

std::string counted(const json& value, std::string_view forms) {
  std::size_t count = 0;
  if (value.is_array() || value.is_object()) count = value.size();
  if (value.is_number_integer())
    count = static_cast<std::size_t>(std::clamp<std::int64_t>(value.get<std::int64_t>(), 0, 1'000'000));
  const std::size_t bar = std::min(forms.find('|'), forms.size());
  const std::string_view one = forms.substr(0, bar);
  const std::string_view many = bar < forms.size() ? forms.substr(bar + 1) : one;
  const std::string number = count < numbers.size() ? std::string{numbers[count]} : std::to_string(count);
  return number + ' ' + std::string{count == 1 ? one : many};
}

int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// Twelve hours: unmistakable when heard, where "fifteen oh four" is not.
std::string clock(const std::string& time) {
  const int hour = digits(time, 0, 2);
  const int minute = digits(time, 3, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || time[2] != ':') return time;
  std::string out = std::to_string(hour % 12 == 0 ? 12 : hour % 12);
  if (minute > 0) out += (minute < 10 ? ":0" : ":") + std::to_string(minute);
  return out + (hour < 12 ? " AM" : " PM");
}

std::string day_of_month(const std::string& date) {
  const int month = digits(date, 5, 2);
  const int day = digits(date, 8, 2);
  if (month < 1 || month > 12 || day < 1 || day > 31) return date;
  const std::string_view suffix = day / 10 == 1   ? "th"
                                  : day % 10 == 1 ? "st"
                                  : day % 10 == 2 ? "nd"
                                  : day % 10 == 3 ? "rd"
                                                  : "th";
  return std::string{months[static_cast<std::size_t>(month - 1)]} + ' ' + std::to_string(day) + std::string{suffix};
}

std::optional<json> object(std::string_view text) {
  json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return std::nullopt;
  return parsed;
}

std::string fill_blanks(std::string_view text, const std::function<std::string(std::string_view)>& value) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = std::min(text.find('{', at), text.size());
    out += text.substr(at, open - at);
    if (open == text.size()) break;
    const std::size_t close = std::min(text.find('}', open), text.size());
    out += value(text.substr(open + 1, close - open - 1));
    at = close + 1;
  }
  return out;
}

}  // namespace

std::string fill(std::string_view text, const std::vector<std::string>& results) {
  std::vector<json> objects;
  for (const auto& result : results)
    if (auto parsed = object(result)) objects.push_back(std::move(*parsed));

  return fill_blanks(text, [&](std::string_view blank) -> std::string {
    const std::size_t colon = std::min(blank.find(':'), blank.size());
    const std::string name{blank.substr(0, colon)};
    const std::string_view form = colon < blank.size() ? blank.substr(colon + 1) : std::string_view{};
    std::vector<std::string> parts;
    const json* last = nullptr;
    for (const auto& result : objects) {
      const auto it = result.find(name);
      if (it == result.end()) continue;
      // Counts and lists tell how things stand after the last call; names tell of each.
      if (!it->is_string()) parts.clear();
      collect(*it, parts);
      last = &*it;
    }
    if (last == nullptr) return {};
    if (form.find('|') != std::string_view::npos) return counted(*last, form);
    std::string value = joined(parts);
    if (form == "clock") return clock(value);
    if (form == "date") return day_of_month(value);
    return value;
  });
}

std::string fill(std::string_view text, const std::map<std::string, std::string>& slots) {
  return fill_blanks(text, [&](std::string_view blank) -> std::string {
    const auto it = slots.find(std::string{blank});
    return it == slots.end() ? std::string{} : it->second;
  });
}

bool fits(std::string_view result, const std::vector<std::pair<std::string, std::string>>& when) {
  if (when.empty()) return true;
  const std::optional<json> parsed = object(result);
  if (!parsed) return false;
  const auto text_of = [](const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); };
  return std::all_of(when.begin(), when.end(), [&](const std::pair<std::string, std::string>& condition) {
    const auto& [field, wanted] = condition;
    const json::const_iterator it = parsed->find(field);
    const bool is_empty = it == parsed->end() || it->empty() || (it->is_string() && text_of(*it).empty());
    if (wanted == "empty") return is_empty;
    if (wanted == "present") return !is_empty;
    return it != parsed->end() && text_of(*it) == wanted;
  });
}

std::string to_json(const std::map<std::string, std::string>& fields) {
  json out = json::object();
  for (const auto& [name, value] : fields) out[name] = value;
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<std::string> take_apart(std::string_view list, std::size_t limit) {
  std::vector<std::string> parts;
  const auto add = [&](std::string_view part) {
    constexpr std::string_view edges = " ,.;";
    const std::size_t begin = part.find_first_not_of(edges);
    if (begin == std::string_view::npos || parts.size() >= limit) return;
    part = part.substr(begin, part.find_last_not_of(edges) - begin + 1);
    for (const std::string_view article : {"the ", "a ", "an ", "some ", "and ", "my "})
      if (part.starts_with(article)) part.remove_prefix(article.size());
    if (!part.empty()) parts.emplace_back(part);
  };
  while (!list.empty()) {
    std::size_t end = list.size();
    std::size_t size = 0;
    for (const std::string_view mark : {", and ", " and ", ", ", " & ", " plus "}) {
      const std::size_t found = list.find(mark);
      if (found < end) {
        end = found;
        size = mark.size();
      }
    }
    add(list.substr(0, end));
    list.remove_prefix(std::min(list.size(), end + size));
  }
  return parts;
}

}  // namespace parley::providers::local
