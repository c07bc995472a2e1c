// The lexical layer under every SIP parser: character classes, white space, quoting, parameters
// and header lines (RFC 3261 §25.1).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "protocol/sip/error.hpp"
#include "protocol/sip/uri.hpp"

namespace parley::sip::text {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_alphanum(char c) { return is_digit(c) || is_alpha(c); }
constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
constexpr bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
/// 0–15, or −1 when it is no hexadecimal digit.
constexpr int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// A set of characters as a table: these checks run over every byte of a message.
class CharSet {
 public:
  constexpr explicit CharSet(std::string_view members) {
    for (const char c : members) has_[static_cast<unsigned char>(c)] = true;
  }
  constexpr CharSet operator+(std::string_view members) const {
    CharSet sum = *this;
    for (const char c : members) sum.has_[static_cast<unsigned char>(c)] = true;
    return sum;
  }
  constexpr CharSet operator~() const {
    CharSet rest = *this;
    for (bool& has : rest.has_) has = !has;
    return rest;
  }
  constexpr bool has(char c) const { return has_[static_cast<unsigned char>(c)]; }
  constexpr bool has_all(std::string_view text) const {
    for (const char c : text)
      if (!has(c)) return false;
    return true;
  }

 private:
  std::array<bool, 256> has_{};
};

inline constexpr CharSet alphanum{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"};
inline constexpr CharSet token = alphanum + "-.!%*_+`'~";
inline constexpr CharSet controls{
    {"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F"
     "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1F\x7F",
     33}};

constexpr bool has_line_end(std::string_view text) {
  return text.find('\r') != std::string_view::npos || text.find('\n') != std::string_view::npos;
}
/// Not empty and only token characters.
bool is_token(std::string_view text);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

/// A host name, an IPv4 address or an IPv6 reference in brackets. Underscores are let through:
/// they are in no grammar and in many networks.
bool is_host(std::string_view text);
/// 1–65535 in at most five digits.
std::optional<std::uint16_t> parse_port(std::string_view text);

/// Undoes `%41`; bytes that are no escape stay.
std::string percent_decode(std::string_view text);
/// Every `%` is followed by two hexadecimal digits.
bool escapes_are_whole(std::string_view text);

/// The index behind the quoted-string that begins at `text[at]`, or npos when it does not end.
std::size_t skip_quoted(std::string_view text, std::size_t at);
/// The content of a quoted-string, given with its quotes.
std::string unquote(std::string_view quoted);
/// Appends `text` as a quoted-string. Line ends become spaces: they would forge headers.
void append_quoted(std::string& out, std::string_view text);
/// Appends `text` with line ends turned into spaces.
void append_line(std::string& out, std::string_view text);

/// `;a=b ; c = "d"`, white space allowed, to its end. More than 128 are refused.
Result<Params, ParseError> parse_params(std::string_view text);

/// Walks the header lines behind a start line, up to and including the empty line.
class HeaderLines {
 public:
  enum class Step : std::uint8_t { header, end, truncated, bad };

  explicit HeaderLines(std::string_view bytes) : rest_{bytes} {}

  /// After `header`, name() and value() hold until the next call. After `bad`, the walk may go on.
  Step next();
  std::string_view name() const { return name_; }
  std::string_view value() const { return value_; }  // unfolded and trimmed
  std::string_view rest() const { return rest_; }    // after `end`: the body and what follows

 private:
  std::string_view rest_, name_, value_;
  std::string unfolded_;
};

}  // namespace parley::sip::text
