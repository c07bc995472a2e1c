// Cuts a model's streaming text into what is handed to speech synthesis.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace parley::speech {

/// Takes out what is written but never spoken, while the text streams: Markdown marks, code fences
/// with their content, link targets, tags (and what stands between <think> tags), emoji.
class SpeakableText {
 public:
  /// Appends what of `delta` can be spoken to `out`. A mark that might go on in the next delta is
  /// held back, at most `max_held` bytes.
  void feed(std::string_view delta, std::string& out);
  /// The text ended: what was held back is decided now.
  void finish(std::string& out);

 private:
  static constexpr std::size_t max_held = 512;  // a longer tag or link target is text after all

  enum class Verdict : unsigned char { more, done };
  Verdict step(std::string_view rest, bool at_end, std::size_t& used, std::string& out);
  Verdict backtick(std::string_view rest, bool at_end, std::size_t& used);
  Verdict tag(std::string_view rest, bool at_end, std::size_t& used, std::string& out);
  Verdict bracket(std::string_view rest, bool at_end, std::size_t& used);
  Verdict line_start(std::string_view rest, bool at_end, std::size_t& used, std::string& out);
  void put(std::string_view text, std::string& out);

  std::string held_;
  bool line_start_ = true;
  bool in_fence_ = false;
  bool in_thought_ = false;
  bool link_text_ = false;  // inside the [text] of a link
  bool list_item_ = false;  // the line is one, and ends with a stop when it has none
  char last_ = ' ';         // last byte put out
};

/// One reply's text in, sentences out: turn-taking S6.
///
/// The first piece leaves at the first clause end (comma, colon, dash, semicolon) once it has 20
/// characters, so that speech starts early; everything after it leaves by whole sentences, which
/// sound better. A full stop ends a sentence only when the next character that is no space confirms
/// it: "$29." might go on as "$29.99". Abbreviations, initials and numbers do not end one. A
/// sentence without end is cut at `max_sentence` characters, at a clause or word.
class SentenceSplitter {
 public:
  static constexpr std::size_t first_clause = 20;
  static constexpr std::size_t max_sentence = 300;  // S7: what synthesis is fed at a time

  void feed(std::string_view delta);
  /// The text ended: what is left is a sentence.
  void finish();
  /// The next piece to speak, trimmed and with spaces folded; nothing until there is more text.
  std::optional<std::string> poll();

 private:
  void cut(bool at_end);
  std::size_t sentence_end(bool at_end) const;
  std::size_t clause_end() const;
  std::size_t forced_end() const;
  void take(std::size_t size);

  SpeakableText speakable_;
  std::string text_;
  bool first_ = true;
  std::deque<std::string> ready_;
};

}  // namespace parley::speech
