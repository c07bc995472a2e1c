// Finds out which phrase was meant, though the words were recognised wrongly.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.hpp"

namespace parley::providers::local {

/// What words are worth. All words are lower case without apostrophes.
struct Vocabulary {
  std::unordered_set<std::string> stop_words;    // carry no meaning: left out of phrases, free to skip
  std::unordered_set<std::string> filler_words;  // cheap to skip: "well, hello, can you …"
  std::map<std::string, std::string> synonyms;   // one or more words → the word that stands for them
  std::size_t longest_synonym = 1;               // in words
  std::unordered_map<std::string, std::unordered_set<std::string>>
      misheard;  // word → what recognition makes of it;
                 // counts where a phrase has two words or more

  void add_synonym(std::string_view words, std::string_view canonical);
};

/// A word of an utterance, and the part of the text it came from.
struct Token {
  std::string word;
  std::size_t begin = 0, end = 0;
};

/// At most `max_tokens`; what comes later in a very long utterance does not decide what was meant.
constexpr std::size_t max_tokens = 48;
std::vector<Token> tokenise(std::string_view text);
/// Lower case without punctuation, single spaces: for comparing.
std::string folded(std::string_view text);
/// Tokens with synonyms made one.
std::vector<Token> canonical(std::string_view text, const Vocabulary& vocabulary);

/// "add {item} to my list", compiled.
class Phrase {
 public:
  enum class Slot : unsigned char { none, words, rest, number };
  struct Element {
    std::string word;  // of a slot: its name
    Slot slot = Slot::none;
  };

  /// The error says what is wrong with the text.
  static Result<Phrase, std::string> compile(std::string_view text, const Vocabulary& vocabulary);

  struct Match {
    double score = 0;  // 1: every word as it stands there, none too many
    std::map<std::string, std::string> slots;
  };
  /// Token by token by edit distance; stop words free, other words that are left over or missing at
  /// a price. A slot takes at least one word that means something. Nothing below `lowest_score`.
  static constexpr double lowest_score = 0.72;
  std::optional<Match> match(std::string_view text, const std::vector<Token>& tokens,
                             const Vocabulary& vocabulary) const;

  std::size_t words() const { return words_; }
  bool has_slot() const { return words_ < elements_.size(); }

 private:
  std::vector<Element> elements_;
  std::size_t words_ = 0;
};

/// The price of taking `heard` for `meant`: 0 when equal, up to 0.3, or nothing when they differ
/// too much. Damerau-Levenshtein: one edit from four letters on, two from eight.
std::optional<double> word_price(std::string_view meant, std::string_view heard);

/// "two zero zero one", "2 0 0 1", "extension 2001" → "2001".
std::optional<std::string> spoken_digits(std::string_view text);

}  // namespace parley::providers::local
