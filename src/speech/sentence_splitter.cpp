#include "speech/sentence_splitter.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace parley::speech {

namespace {

constexpr std::size_t none = std::string::npos;
constexpr std::size_t slice = 1'024;

constexpr std::array<std::string_view, 23> abbreviations{"mr",  "mrs",    "ms",  "dr",  "prof", "st",   "jr",   "sr",
                                                         "vs",  "e.g",    "i.e", "inc", "ltd",  "co",   "corp", "dept",
                                                         "ext", "approx", "est", "fig", "ave",  "blvd", "tel"};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool closes(char c) { return c == '"' || c == '\'' || c == ')' || c == ']'; }

/// The word that the full stop at `stop` ends, in lower case, its inner stops kept: "e.g".
std::string word_before(std::string_view text, std::size_t stop) {
  std::size_t begin = stop;
  while (begin > 0 && (std::isalpha(static_cast<unsigned char>(text[begin - 1])) != 0 || text[begin - 1] == '.'))
    --begin;
  std::string word{text.substr(begin, stop - begin)};
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word;
}

bool is_abbreviation(std::string_view text, std::size_t stop) {
  const std::string word = word_before(text, stop);
  if (word == "a.m" || word == "p.m") return false;
  if (word.size() == 1) return word != "i";             // an initial: "J. Smith"
  if (word.size() >= 3 && word[1] == '.') return true;  // "U.S", "e.g"
  return std::find(abbreviations.begin(), abbreviations.end(), word) != abbreviations.end();
}

/// "1." at the front of a line numbers what follows.
bool is_enumeration(std::string_view text, std::size_t stop) {
  std::size_t begin = stop;
  while (begin > 0 && is_digit(text[begin - 1])) --begin;
  if (begin == stop) return false;
  while (begin > 0 && (text[begin - 1] == ' ' || text[begin - 1] == '\t')) --begin;
  return begin == 0 || text[begin - 1] == '\n';
}

std::string folded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_space(c)) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

/// Bytes ≥ 0x80 are parts of letters that are not English ones: sounds, too.
bool has_sound(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c >= 0x80; });
}

}  // namespace

void SentenceSplitter::feed(std::string_view delta) {
  // In slices, so that what is scanned and moved stays short however long a delta is.
  for (; !delta.empty(); delta.remove_prefix(std::min(delta.size(), slice))) {
    speakable_.feed(delta.substr(0, slice), text_);
    cut(false);
  }
}

void SentenceSplitter::finish() {
  speakable_.finish(text_);
  cut(true);
  take(text_.size());
}

std::optional<std::string> SentenceSplitter::poll() {
  if (ready_.empty()) return std::nullopt;
  std::string sentence = std::move(ready_.front());
  ready_.pop_front();
  return sentence;
}

void SentenceSplitter::cut(bool at_end) {
  for (;;) {
    std::size_t end = sentence_end(at_end);
    if (first_) end = std::min(end, clause_end());
    if (end == none && text_.size() > max_sentence) end = forced_end();
    if (end == none) break;
    take(end);
  }
}

void SentenceSplitter::take(std::size_t size) {
  std::string sentence = folded(std::string_view{text_}.substr(0, size));
  text_.erase(0, size);
  if (!has_sound(sentence)) return;
  first_ = false;
  ready_.push_back(std::move(sentence));
}

/// Just behind the first sentence that is certainly over.
std::size_t SentenceSplitter::sentence_end(bool at_end) const {
  for (std::size_t i = 0; i < text_.size(); ++i) {
    const char c = text_[i];
    const bool ellipsis = std::string_view{text_}.substr(i).starts_with("\u2026");
    if (c == '\n') {
      if (has_sound(std::string_view{text_}.substr(0, i)) && !is_enumeration(text_, i)) return i + 1;
      continue;
    }
    if (c != '.' && c != '!' && c != '?' && !ellipsis) continue;

    std::size_t end = i + (ellipsis ? 3 : 1);
    while (end < text_.size() && (text_[end] == '.' || text_[end] == '!' || text_[end] == '?')) ++end;
    while (end < text_.size() && closes(text_[end])) ++end;
    std::size_t next = end;
    while (next < text_.size() && is_space(text_[next])) ++next;
    if (next == text_.size()) {
      // Nothing confirms it yet, unless the mark cannot be part of anything else and a space
      // follows.
      if (!at_end && (c == '.' || next == end)) return none;
      if (next == end && at_end) return none;  // finish() takes it whole
      return c == '.' ? none : end;
    }
    if (next == end) {  // something stands close behind: "29.99", "example.com", "?!"
      i = end - 1;
      continue;
    }
    if (c == '.' && end == i + 1) {
      if (is_enumeration(text_, i)) continue;
      if (is_abbreviation(text_, i)) continue;
      if (is_digit(text_[next]) && word_before(text_, i) == "no") continue;  // "No. 5"
      // "a.m. on Friday", "approx. five": the next sentence begins large.
      if (std::islower(static_cast<unsigned char>(text_[next])) != 0) continue;
    }
    return end;
  }
  return none;
}

/// Just behind the first clause that is long enough to be spoken alone.
std::size_t SentenceSplitter::clause_end() const {
  for (std::size_t i = 0; i + 1 < text_.size(); ++i) {
    const std::string_view rest = std::string_view{text_}.substr(i);
    std::size_t size = 0;
    if (rest[0] == ',' || rest[0] == ';' || rest[0] == ':') size = 1;
    if (rest.starts_with("\u2014") || rest.starts_with(" - ") || rest.starts_with("\u2013 ")) size = 3;
    if (size == 0 || i + size < first_clause || rest.size() <= size) continue;
    if (size == 1 && !is_space(rest[1])) continue;  // "10,000", "15:04"
    return i + size;
  }
  return none;
}

/// Where to cut a sentence that does not end: at the last clause or else the last word in reach.
std::size_t SentenceSplitter::forced_end() const {
  const std::string_view reach = std::string_view{text_}.substr(0, max_sentence);
  const std::size_t clause = reach.find_last_of(",;:");
  if (clause != none && clause > max_sentence / 2) return clause + 1;
  const std::size_t space = reach.find_last_of(" \n\t");
  if (space != none && space > 0) return space;
  std::size_t end = max_sentence;  // no space at all: not inside a character
  while (end > 1 && (static_cast<unsigned char>(text_[end]) & 0xC0u) == 0x80u) --end;
  return end;
}

}  // namespace parley::speech
