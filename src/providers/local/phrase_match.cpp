#include "providers/local/phrase_match.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <utility>

namespace parley::providers::local {

namespace {

constexpr std::size_t longest_word = 32;
constexpr double extra_word = 0.5;
constexpr double filler = 0.08;
constexpr double missing_word = 1;
constexpr double misheard_word = 0.1;
constexpr double joined_words = 0.05;
constexpr double slot_word = 0.03;  // so that a blank takes no more than it must
constexpr std::size_t priced_slot_words = 8;
constexpr double impossible = std::numeric_limits<double>::infinity();

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || byte >= 0x80;
}

/// U+2019, which writers set for an apostrophe.
std::size_t apostrophe(std::string_view rest) {
  if (rest[0] == '\'') return 1;
  return rest.starts_with("\u2019") ? 3 : 0;
}

}  // namespace

void Vocabulary::add_synonym(std::string_view words, std::string_view canonical_word) {
  const auto tokens = tokenise(words);
  longest_synonym = std::max(longest_synonym, tokens.size());
  synonyms[folded(words)] = folded(canonical_word);
}

std::vector<Token> tokenise(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t i = 0;
  while (i < text.size() && tokens.size() < max_tokens) {
    if (!is_word_byte(text[i]) || apostrophe(text.substr(i)) != 0) {
      ++i;
      continue;
    }
    Token token{.word = {}, .begin = i, .end = i};
    while (i < text.size()) {
      const std::size_t mark = apostrophe(text.substr(i));
      if (mark == 0 && !is_word_byte(text[i])) break;
      if (mark == 0 && token.word.size() < longest_word)
        token.word += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
      i += std::max<std::size_t>(mark, 1);
      if (mark == 0) token.end = i;
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

std::string folded(std::string_view text) {
  std::string out;
  for (const auto& token : tokenise(text)) {
    if (!out.empty()) out += ' ';
    out += token.word;
  }
  return out;
}

std::vector<Token> canonical(std::string_view text, const Vocabulary& vocabulary) {
  const auto tokens = tokenise(text);
  std::vector<Token> out;
  for (std::size_t i = 0; i < tokens.size();) {
    std::size_t used = 1;
    std::string word = tokens[i].word;
    for (std::size_t count = std::min(vocabulary.longest_synonym, tokens.size() - i); count > 0; --count) {
      std::string words = tokens[i].word;
      for (std::size_t k = 1; k < count; ++k) words += ' ' + tokens[i + k].word;
      const auto it = vocabulary.synonyms.find(words);
      if (it == vocabulary.synonyms.end()) continue;
      word = it->second;
      used = count;
      break;
    }
    out.push_back({std::move(word), tokens[i].begin, tokens[i + used - 1].end});
    i += used;
  }
  return out;
}

std::optional<double> word_price(std::string_view meant, std::string_view heard) {
  if (meant == heard) return 0;
  const std::size_t shorter = std::min(meant.size(), heard.size());
  const std::size_t longer = std::max(meant.size(), heard.size());
  const std::size_t allowed = shorter >= 8 ? 2 : shorter >= 4 ? 1 : 0;
  if (longer - shorter > allowed || longer > longest_word) return std::nullopt;

  std::array<std::array<std::size_t, longest_word + 1>, 3> rows{};
  for (std::size_t j = 0; j <= heard.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= meant.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& before = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= heard.size(); ++j) {
      const std::size_t changed = meant[i - 1] == heard[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + changed});
      if (i > 1 && j > 1 && meant[i - 1] == heard[j - 2] && meant[i - 2] == heard[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  const std::size_t distance = rows[meant.size() % 3][heard.size()];
  if (distance > allowed) return std::nullopt;
  return static_cast<double>(distance) / static_cast<double>(longer);
}

std::optional<std::string> spoken_digits(std::string_view text) {
  static const std::unordered_map<std::string_view, std::string_view> digits{
      {"zero", "0"},    {"oh", "0"},       {"o", "0"},         {"one", "1"},  {"won", "1"},  {"two", "2"},
      {"to", "2"},      {"too", "2"},      {"three", "3"},     {"four", "4"}, {"for", "4"},  {"five", "5"},
      {"six", "6"},     {"seven", "7"},    {"eight", "8"},     {"ate", "8"},  {"nine", "9"}, {"twenty", "20"},
      {"thirty", "30"}, {"hundred", "00"}, {"thousand", "000"}};
  std::string out;
  for (const auto& token : tokenise(text)) {
    if (std::all_of(token.word.begin(), token.word.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) {
      out += token.word;
    } else if (const auto it = digits.find(token.word); it != digits.end()) {
      out += it->second;
    } else {
      return std::nullopt;
    }
  }
  if (out.empty() || out.size() > 20) return std::nullopt;
  return out;
}

Result<Phrase, std::string> Phrase::compile(std::string_view text, const Vocabulary& vocabulary) {
  Phrase phrase;
  std::string dropped;
  const auto add_words = [&](std::string_view words) {
    for (const auto& token : canonical(words, vocabulary)) {
      if (vocabulary.stop_words.contains(token.word)) {
        dropped += token.word;
        continue;
      }
      phrase.elements_.push_back({token.word, Slot::none});
      ++phrase.words_;
    }
  };

  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = std::min(text.find('{', at), text.size());
    add_words(text.substr(at, open - at));
    if (open == text.size()) break;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return std::unexpected("'{' without '}'");
    const std::string_view inside = text.substr(open + 1, close - open - 1);
    const std::size_t colon = inside.find(':');
    const std::string_view kind = colon == std::string_view::npos ? std::string_view{} : inside.substr(colon + 1);
    Element slot{std::string{inside.substr(0, colon)}, Slot::words};
    if (kind == "rest") slot.slot = Slot::rest;
    if (kind == "number") slot.slot = Slot::number;
    if (!kind.empty() && slot.slot == Slot::words)
      return std::unexpected("unknown kind of slot '" + std::string{kind} + "': rest or number");
    if (slot.word.empty()) return std::unexpected("a slot needs a name");
    if (!phrase.elements_.empty() && phrase.elements_.back().slot != Slot::none)
      return std::unexpected("two slots need a word between them that is no stop word");
    phrase.elements_.push_back(std::move(slot));
    at = close + 1;
  }
  for (std::size_t i = 0; i + 1 < phrase.elements_.size(); ++i)
    if (phrase.elements_[i].slot == Slot::rest) return std::unexpected("a slot of kind 'rest' must be the last");
  if (phrase.words_ == 0) return std::unexpected(dropped.empty() ? "no word in it" : "nothing but stop words in it");
  if (phrase.elements_.size() > 16) return std::unexpected("more than 16 words");
  return phrase;
}

namespace {

/// The cheapest way to lay a phrase over an utterance: a table over (element, token), filled from
/// the end.
class Alignment {
 public:
  Alignment(const std::vector<Phrase::Element>& elements, std::string_view text, const std::vector<Token>& tokens,
            const Vocabulary& vocabulary)
      : elements_{elements},
        text_{text},
        tokens_{tokens},
        vocabulary_{vocabulary},
        cells_((elements.size() + 1) * (tokens.size() + 1)) {
    words_ = static_cast<std::size_t>(
        std::count_if(elements.begin(), elements.end(), [](const auto& e) { return e.slot == Phrase::Slot::none; }));
    for (std::size_t i = elements_.size() + 1; i-- > 0;)
      for (std::size_t j = tokens_.size() + 1; j-- > 0;) cell(i, j) = best(i, j);
  }

  double price() const { return at(0, 0).price; }

  std::map<std::string, std::string> slots() const {
    std::map<std::string, std::string> out;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < elements_.size()) {
      const Cell& step = at(i, j);
      if (step.elements == 1 && elements_[i].slot != Phrase::Slot::none)
        out[elements_[i].word] = slot_text(elements_[i].slot, j, step.tokens);
      i += step.elements;
      j += step.tokens;
    }
    return out;
  }

 private:
  struct Cell {
    double price = impossible;
    std::size_t elements = 0, tokens = 0;  // the step from here
  };

  Cell& cell(std::size_t i, std::size_t j) { return cells_[i * (tokens_.size() + 1) + j]; }
  const Cell& at(std::size_t i, std::size_t j) const { return cells_[i * (tokens_.size() + 1) + j]; }
  bool is_stop(std::size_t j) const { return vocabulary_.stop_words.contains(tokens_[j].word); }
  bool is_filler(std::size_t j) const { return vocabulary_.filler_words.contains(tokens_[j].word); }

  double skip_price(std::size_t j) const {
    if (is_stop(j)) return 0;
    return is_filler(j) ? filler : extra_word;
  }

  std::optional<double> price_of(const std::string& meant, const std::string& heard) const {
    if (meant == heard) return 0;
    // "don't" is not a slip for "done": common words are heard rightly, or they are listed as
    // misheard.
    const bool is_common = vocabulary_.stop_words.contains(heard) || vocabulary_.filler_words.contains(heard);
    if (auto price = word_price(meant, heard); price && !is_common) return price;
    if (words_ < 2) return std::nullopt;
    const auto it = vocabulary_.misheard.find(meant);
    if (it != vocabulary_.misheard.end() && it->second.contains(heard)) return misheard_word;
    return std::nullopt;
  }

  Cell best(std::size_t i, std::size_t j) {
    if (i == elements_.size() && j == tokens_.size()) return {0, 0, 0};
    Cell found;
    const auto consider = [&](double price, std::size_t elements, std::size_t tokens) {
      price += at(i + elements, j + tokens).price;
      if (price < found.price) found = {price, elements, tokens};
    };
    if (j < tokens_.size()) consider(skip_price(j), 0, 1);
    if (i == elements_.size()) return found;

    const auto& element = elements_[i];
    if (element.slot != Phrase::Slot::none) {
      consider_slot(element.slot, j, consider);
      return found;
    }
    consider(missing_word, 1, 0);
    if (j < tokens_.size())
      if (const auto price = price_of(element.word, tokens_[j].word)) consider(*price, 1, 1);
    if (j + 1 < tokens_.size())
      if (const auto price = word_price(element.word, tokens_[j].word + tokens_[j + 1].word))
        consider(*price + joined_words, 1, 2);
    return found;
  }

  template <class Consider>
  void consider_slot(Phrase::Slot slot, std::size_t j, Consider consider) {
    const std::size_t left = tokens_.size() - j;
    bool has_meaning = false;
    for (std::size_t count = 1; count <= left; ++count) {
      has_meaning = has_meaning || !(is_stop(j + count - 1) || is_filler(j + count - 1));
      if (!has_meaning && slot != Phrase::Slot::number) continue;
      if (slot == Phrase::Slot::rest && count != left) continue;
      if (slot == Phrase::Slot::number && !spoken_digits(slot_text(Phrase::Slot::words, j, count))) break;
      const bool each_costs = slot == Phrase::Slot::words;
      consider(slot_word * static_cast<double>(each_costs ? std::min(count, priced_slot_words) : 1), 1, count);
    }
  }

  std::string slot_text(Phrase::Slot slot, std::size_t j, std::size_t count) const {
    const std::size_t begin = tokens_[j].begin;
    // The rest may be longer than the tokens that were looked at.
    const std::size_t end =
        slot == Phrase::Slot::rest ? text_.find_last_not_of(" .\n\t") + 1 : tokens_[j + count - 1].end;
    std::string text{text_.substr(begin, end - begin)};
    if (slot == Phrase::Slot::number) return spoken_digits(text).value_or(text);
    return text;
  }

  const std::vector<Phrase::Element>& elements_;
  std::string_view text_;
  const std::vector<Token>& tokens_;
  const Vocabulary& vocabulary_;
  std::vector<Cell> cells_;
  std::size_t words_ = 0;
};

}  // namespace

std::optional<Phrase::Match> Phrase::match(std::string_view text, const std::vector<Token>& tokens,
                                           const Vocabulary& vocabulary) const {
  const Alignment alignment{elements_, text, tokens, vocabulary};
  const double score = 1 - alignment.price() / static_cast<double>(words_);
  if (!(score >= lowest_score)) return std::nullopt;
  return Match{score, alignment.slots()};
}

}  // namespace parley::providers::local
