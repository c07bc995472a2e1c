// Short things callers say, compared without regard to case and punctuation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parley::assistant {

/// The words of a text in lower case, without punctuation; apostrophes inside words stay. Bytes
/// outside ASCII count as letters.
std::vector<std::string> words_of(std::string_view text);

/// The words of a text, one space between them: equal for texts that were said alike.
std::string folded(std::string_view text);

/// A set of phrases of one or more words.
class PhraseSet {
 public:
  explicit PhraseSet(const std::vector<std::string>& phrases);

  bool contained_in(const std::vector<std::string>& words) const;
  /// How many words are left when every phrase of the set is taken out, longest first.
  std::size_t words_beside(const std::vector<std::string>& words) const;

 private:
  /// Length of the longest phrase that begins at `position`; 0 when none does.
  std::size_t match(const std::vector<std::string>& words, std::size_t position) const;

  std::vector<std::vector<std::string>> phrases_;
};

}  // namespace parley::assistant
