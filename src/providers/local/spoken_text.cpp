#include "providers/local/spoken_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

namespace parley::providers::local {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> words{{
    {"e.g.", "for example"},
    {"i.e.", "that is"},
    {"etc.", "et cetera"},
    {"vs.", "versus"},
    {"approx.", "approximately"},
    {"a.m.", "A M"},
    {"p.m.", "P M"},
    {"am", "A M"},
    {"pm", "P M"},
    {"todo", "to do"},
    {"ok", "okay"},
    {"asap", "as soon as possible"},
}};

/// U+00C0 to U+00FF without their marks.
constexpr std::string_view plain_latin = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty";

std::string_view plain(char32_t code) {
  if (code >= 0xC0 && code <= 0xFF) return plain_latin.substr(code - 0xC0, 1);
  switch (code) {
    case 0x2018:
    case 0x2019:
    case 0x02BC: return "'";
    case 0x201C:
    case 0x201D: return "\"";
    case 0x2013:
    case 0x2014: return ", ";
    case 0x2026: return ".";
    case 0x2022: return ", ";
    case 0x00A0:
    case 0x202F:
    case 0x2009: return " ";
    case 0x00B0: return " degrees";
    case 0x20AC: return " euros ";
    case 0x00A3: return " pounds ";
    default: return "";
  }
}

std::string to_ascii(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      out += lead < 0x20 ? ' ' : text[i];
      ++i;
      continue;
    }
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    char32_t code = lead & (0x7Fu >> size);
    std::size_t used = 1;
    while (used < size && i + used < text.size() && (static_cast<unsigned char>(text[i + used]) & 0xC0u) == 0x80u)
      code = (code << 6) | (static_cast<unsigned char>(text[i + used++]) & 0x3Fu);
    if (used == size) out += plain(code);
    i += used;
  }
  return out;
}

std::optional<int> number(std::string_view text, int lowest, int highest) {
  if (text.empty() || text.size() > 4 || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  if (value < lowest || value > highest) return std::nullopt;
  return value;
}

std::string ordinal(int day) {
  const int last = day % 10;
  const bool teen = day / 10 == 1;
  const std::string_view suffix = teen ? "th" : last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th";
  return std::to_string(day).append(suffix);
}

/// "15:04" → "15 oh 4"; flite would read the colon as a pause.
std::optional<std::string> clock_time(std::string_view token) {
  const std::size_t colon = token.find(':');
  if (colon == std::string_view::npos || token.size() - colon != 3) return std::nullopt;
  const auto hour = number(token.substr(0, colon), 0, 24);
  const auto minute = number(token.substr(colon + 1), 0, 59);
  if (!hour || !minute) return std::nullopt;
  if (*minute == 0) return std::to_string(*hour) + (*hour > 12 || *hour == 0 ? " hundred hours" : " o'clock");
  return std::to_string(*hour) + (*minute < 10 ? " oh " : " ") + std::to_string(*minute);
}

std::optional<std::string> iso_date(std::string_view token) {
  if (token.size() != 10 || token[4] != '-' || token[7] != '-') return std::nullopt;
  const auto year = number(token.substr(0, 4), 1000, 2999);
  const auto month = number(token.substr(5, 2), 1, 12);
  const auto day = number(token.substr(8, 2), 1, 31);
  if (!year || !month || !day) return std::nullopt;
  return std::string{months[static_cast<std::size_t>(*month - 1)]} + ' ' + ordinal(*day) + ", " + std::to_string(*year);
}

/// Seven digits or more, or digits in groups, are a number to dial or to note, not to count.
std::optional<std::string> telephone(std::string_view token) {
  std::size_t digits = 0;
  bool grouped = false;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (is_digit(token[i])) {
      ++digits;
    } else if (token[i] == '-' && i > 0) {
      grouped = true;
    } else if (token[i] != '+' || i > 0) {
      return std::nullopt;
    }
  }
  if (digits < 7 && !(grouped && digits >= 5)) return std::nullopt;
  std::string out;
  for (const char c : token) {
    if (c == '-') out += ',';
    if (c == '+') out += "plus";
    if (is_digit(c)) out += (out.empty() ? "" : " ") + std::string{c};
  }
  return out;
}

std::string address(std::string_view token) {
  for (const std::string_view scheme : {"https://", "http://", "www."})
    if (token.starts_with(scheme)) token.remove_prefix(scheme.size());
  const std::string_view tail =
      token.find_last_not_of(".,;:!?") + 1 < token.size() ? token.substr(token.size() - 1) : "";
  token = token.substr(0, std::min(token.find_first_of("/?#"), token.size() - tail.size()));
  std::string out;
  for (const char c : token) {
    if (c == '.') {
      out += " dot ";
    } else if (c == '@') {
      out += " at ";
    } else {
      out += c;
    }
  }
  return out.append(tail);
}

bool is_address(std::string_view token) {
  // With the punctuation of its sentence: what stands behind a path or a query is dropped with it.
  if (token.starts_with("http://") || token.starts_with("https://") || token.starts_with("www.")) return true;
  return token.find('@') != std::string_view::npos && token.find('.') != std::string_view::npos;
}

std::string spoken(std::string_view token) {
  std::string lower{token};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [written, said] : words)
    if (lower == written && !(written == "am" && token == "am")) return std::string{said};
  if (auto time = clock_time(token)) return *time;
  if (auto date = iso_date(token)) return *date;
  if (auto digits = telephone(token)) return *digits;
  if (is_address(token)) return address(token);
  return std::string{token};
}

/// The punctuation behind a word is not part of it: "15:04."
std::string without_tail(std::string_view token) {
  std::string said = spoken(token);
  if (said != token) return said;
  const std::size_t last = token.find_last_not_of(".,;:!?'");
  if (last == std::string_view::npos) return said;
  return spoken(token.substr(0, last + 1)) + std::string{token.substr(last + 1)};
}

/// Puts a space between words, none before punctuation, and no punctuation behind another.
void append(std::string& out, std::string_view word) {
  const std::size_t begin = word.find_first_not_of(' ');
  if (begin == std::string_view::npos) return;
  word.remove_prefix(begin);
  const bool sounds = std::any_of(word.begin(), word.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
  if (!sounds && (out.empty() || std::isalnum(static_cast<unsigned char>(out.back())) == 0)) return;
  if (sounds && !out.empty()) out += ' ';
  out += word;
}

class Words {
 public:
  explicit Words(std::string text) : text_{std::move(text)} {
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t end = std::min(text_.find(' ', at), text_.size());
      if (end > at) words_.push_back(std::string_view{text_}.substr(at, end - at));
      at = end + 1;
    }
  }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;
  auto begin() const { return words_.begin(); }
  auto end() const { return words_.end(); }

 private:
  std::string text_;
  std::vector<std::string_view> words_;
};

/// Signs that are words, each apart from its neighbours.
std::string with_signs_as_words(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char before = out.empty() ? ' ' : out.back();
    const char after = i + 1 < text.size() ? text[i + 1] : ' ';
    switch (c) {
      case '%': out += " percent"; break;
      case '&': out += " and "; break;
      case '+': out += before == ' ' && is_digit(after) ? "+" : " plus "; break;
      case '=': out += " equals "; break;
      case '*':
      case '_':
      case '#':
      case '`':
      case '|':
      case '~':
      case '^':
      case '\\':
      case '<':
      case '>':
      case '[':
      case ']':
      case '{':
      case '}': out += ' '; break;
      case '(':
      case ')': out += ", "; break;
      case '"': break;
      case '/': out += is_letter(before) && is_letter(after) ? " or " : "/"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

std::string spoken_text(std::string_view text) {
  std::string out;
  for (const std::string_view token : Words{to_ascii(text)}) {
    if (is_address(token)) {
      append(out, address(token));
      continue;
    }
    for (const std::string_view word : Words{with_signs_as_words(token)}) append(out, without_tail(word));
  }
  return std::any_of(out.begin(), out.end(), [](unsigned char c) { return std::isalnum(c) != 0; }) ? out
                                                                                                   : std::string{};
}

}  // namespace parley::providers::local
