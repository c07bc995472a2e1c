#include "assistant/phrases.hpp"

#include <algorithm>

namespace parley::assistant {

namespace {

bool is_letter(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    const bool inner_apostrophe =
        c == '\'' && !word.empty() && i + 1 < text.size() && is_letter(static_cast<unsigned char>(text[i + 1]));
    if (is_letter(static_cast<unsigned char>(c)) || inner_apostrophe) {
      word += lower(c);
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  return words;
}

std::string folded(std::string_view text) {
  std::string out;
  for (const auto& word : words_of(text)) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

PhraseSet::PhraseSet(const std::vector<std::string>& phrases) {
  for (const auto& phrase : phrases)
    if (auto words = words_of(phrase); !words.empty()) phrases_.push_back(std::move(words));
}

bool PhraseSet::contained_in(const std::vector<std::string>& words) const {
  for (std::size_t i = 0; i < words.size(); ++i)
    if (match(words, i) > 0) return true;
  return false;
}

std::size_t PhraseSet::words_beside(const std::vector<std::string>& words) const {
  std::size_t beside = 0;
  for (std::size_t i = 0; i < words.size();) {
    const auto length = match(words, i);
    if (length == 0) ++beside;
    i += std::max<std::size_t>(length, 1);
  }
  return beside;
}

std::size_t PhraseSet::match(const std::vector<std::string>& words, std::size_t position) const {
  std::size_t longest = 0;
  for (const auto& phrase : phrases_) {
    if (phrase.size() <= longest || phrase.size() > words.size() - position) continue;
    if (std::equal(phrase.begin(), phrase.end(), words.begin() + static_cast<std::ptrdiff_t>(position)))
      longest = phrase.size();
  }
  return longest;
}

}  // namespace parley::assistant
