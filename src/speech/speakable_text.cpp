#include <algorithm>
#include <cctype>

#include "speech/sentence_splitter.hpp"

namespace parley::speech {

namespace {

constexpr std::string_view fence = "```";

/// Bytes of the UTF-8 character that begins with `lead`; 1 for what cannot begin one.
std::size_t character_size(unsigned char lead) {
  if (lead >= 0xF0 && lead < 0xF8) return 4;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  return 1;
}

char32_t decode(std::string_view bytes) {
  auto code = static_cast<char32_t>(static_cast<unsigned char>(bytes[0]));
  if (bytes.size() == 1) return code;
  code &= (0x7Fu >> bytes.size());
  for (const char byte : bytes.substr(1)) code = (code << 6) | (static_cast<unsigned char>(byte) & 0x3Fu);
  return code;
}

/// Pictures, dingbats, arrows, flags, and what joins or varies them.
bool is_picture(char32_t code) {
  return code >= 0x1F000 || (code >= 0x2190 && code <= 0x21FF) || (code >= 0x2300 && code <= 0x27BF) ||
         (code >= 0x2900 && code <= 0x297F) || (code >= 0x2B00 && code <= 0x2BFF) || code == 0x200D || code == 0x20E3 ||
         (code >= 0xFE00 && code <= 0xFE0F);
}

bool starts_with_any_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

bool names_thought(std::string_view tag) {
  return starts_with_any_case(tag, "think") || starts_with_any_case(tag, "reasoning");
}

}  // namespace

void SpeakableText::put(std::string_view text, std::string& out) {
  if (text.empty() || in_fence_ || in_thought_) return;
  out += text;
  last_ = text.back();
}

void SpeakableText::feed(std::string_view delta, std::string& out) {
  held_ += delta;
  std::size_t at = 0;
  while (at < held_.size()) {
    std::size_t used = 0;
    if (step(std::string_view{held_}.substr(at), false, used, out) == Verdict::more) break;
    at += used;
  }
  held_.erase(0, at);
}

void SpeakableText::finish(std::string& out) {
  std::size_t at = 0;
  while (at < held_.size()) {
    std::size_t used = 0;
    step(std::string_view{held_}.substr(at), true, used, out);
    at += std::max<std::size_t>(used, 1);
  }
  held_.clear();
}

// Consumes one character or mark at the front of `rest`.
SpeakableText::Verdict SpeakableText::step(std::string_view rest, bool at_end, std::size_t& used, std::string& out) {
  const char c = rest[0];
  if (c == '`') return backtick(rest, at_end, used);
  if (in_fence_) {
    used = 1;
    return Verdict::done;
  }
  if (c == '<') return tag(rest, at_end, used, out);
  if (line_start_) {
    if (c == ' ' || c == '\t') {
      used = 1;
      return Verdict::done;
    }
    if (c != '\n') return line_start(rest, at_end, used, out);
  }

  used = 1;
  switch (c) {
    case '\n':
      // The items of a list are sentences even where the model sets no stop.
      if (list_item_ && std::string_view{".!?:;, "}.find(last_) == std::string_view::npos) put(".", out);
      list_item_ = false;
      line_start_ = true;
      put("\n", out);
      return Verdict::done;
    case '*':
    case '~':
    case '|': return Verdict::done;
    case '_': {  // emphasis stands at the edge of a word; inside one it is a name
      if (rest.size() == 1 && !at_end) {
        used = 0;
        return Verdict::more;
      }
      const bool inside = std::isalnum(static_cast<unsigned char>(last_)) != 0 && rest.size() > 1 &&
                          std::isalnum(static_cast<unsigned char>(rest[1])) != 0;
      if (inside) put(" ", out);
      return Verdict::done;
    }
    case '!':  // ![picture](address)
      if (rest.size() == 1 && !at_end) {
        used = 0;
        return Verdict::more;
      }
      if (rest.size() > 1 && rest[1] == '[') return Verdict::done;
      put("!", out);
      return Verdict::done;
    case '[': link_text_ = true; return Verdict::done;
    case ']': return bracket(rest, at_end, used);
    default: break;
  }

  const std::size_t size = character_size(static_cast<unsigned char>(c));
  if (rest.size() < size && !at_end) {
    used = 0;
    return Verdict::more;
  }
  used = std::min(size, rest.size());
  const std::string_view character = rest.substr(0, used);
  if (size > 1 && is_picture(decode(character))) return Verdict::done;
  put(character, out);
  return Verdict::done;
}

SpeakableText::Verdict SpeakableText::backtick(std::string_view rest, bool at_end, std::size_t& used) {
  if (rest.size() < fence.size() && !at_end && fence.starts_with(rest)) return Verdict::more;
  used = 1;
  if (rest.starts_with(fence)) {
    used = fence.size();
    in_fence_ = !in_fence_;
  }
  return Verdict::done;
}

SpeakableText::Verdict SpeakableText::tag(std::string_view rest, bool at_end, std::size_t& used, std::string& out) {
  used = 1;
  if (rest.size() == 1 && !at_end) return used = 0, Verdict::more;
  // "a < b" is no tag.
  const bool tag_like =
      rest.size() > 1 && (std::isalpha(static_cast<unsigned char>(rest[1])) != 0 || rest[1] == '/' || rest[1] == '!');
  if (!tag_like) {
    put("<", out);
    return Verdict::done;
  }
  const std::size_t end = rest.find('>');
  if (end == std::string_view::npos) {
    if (!at_end && rest.size() < max_held) return used = 0, Verdict::more;
    put("<", out);
    return Verdict::done;
  }
  used = end + 1;
  if (rest[1] == '/') {
    if (names_thought(rest.substr(2))) in_thought_ = false;
  } else if (names_thought(rest.substr(1))) {
    in_thought_ = true;
  }
  return Verdict::done;
}

// The end of [text]: a target in parentheses or brackets follows at once, or it was no link.
SpeakableText::Verdict SpeakableText::bracket(std::string_view rest, bool at_end, std::size_t& used) {
  if (!link_text_) return used = 1, Verdict::done;
  if (rest.size() == 1 && !at_end) return Verdict::more;
  if (rest.size() > 1 && rest[1] == '(') {
    const std::size_t end = rest.find(')');
    if (end == std::string_view::npos && !at_end && rest.size() < max_held) return Verdict::more;
    used = end == std::string_view::npos ? 1 : end + 1;
  } else {
    used = 1;
  }
  link_text_ = false;
  return Verdict::done;
}

// Heading marks, quotes, bullets and rules. "1." stays: numbered steps are spoken with their
// number.
SpeakableText::Verdict SpeakableText::line_start(std::string_view rest, bool at_end, std::size_t& used,
                                                 std::string& out) {
  const char c = rest[0];
  const bool mark = c == '#' || c == '>' || c == '-' || c == '*' || c == '+' || c == '=';
  if (mark) {
    std::size_t end = 0;
    while (end < rest.size() && rest[end] == c) ++end;
    if (end == rest.size() && !at_end && end < max_held) return Verdict::more;
    const char next = end < rest.size() ? rest[end] : '\n';
    const bool bullet = end == 1 && next == ' ' && (c == '-' || c == '*' || c == '+');
    if (bullet) list_item_ = true;
    if (c == '#') list_item_ = true;  // a heading ends like an item
    if (bullet || c == '#' || c == '>' || next == '\n') {
      used = end;
      return Verdict::done;
    }
  }
  line_start_ = false;
  if (mark && c != '*') {  // "-5 degrees": the sign is spoken
    used = 1;
    put(rest.substr(0, 1), out);
    return Verdict::done;
  }
  if (std::isdigit(static_cast<unsigned char>(c)) != 0) list_item_ = true;
  return step(rest, at_end, used, out);
}

}  // namespace parley::speech
