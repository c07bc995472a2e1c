#include "protocol/sip/text.hpp"

#include <charconv>

#include "base/endpoint.hpp"

namespace parley::sip::text {
namespace {

constexpr std::size_t max_params = 128;

/// What a parameter's bare value may hold: RFC 3261 allows token and host; Base64 tags and paths
/// are seen, and are harmless where nothing else can follow.
constexpr CharSet bare_value = ~(controls + " \",;<>\\");
constexpr CharSet host = alphanum + "-._";
constexpr CharSet ip_literal{"0123456789abcdefABCDEF:."};

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && token.has_all(text); }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string to_lower(std::string_view text) {
  std::string result{text};
  for (char& c : result) c = lower(c);
  return result;
}

std::string to_upper(std::string_view text) {
  std::string result{text};
  for (char& c : result) c = upper(c);
  return result;
}

bool is_host(std::string_view text) {
  if (text.starts_with('[')) {
    // Looked at byte by byte first: the address parser stops at a NUL.
    const bool plausible = text.ends_with(']') && ip_literal.has_all(text.substr(1, text.size() - 2));
    const auto address = plausible ? IpAddress::parse(text) : std::nullopt;
    return address && address->is_v6();
  }
  return !text.empty() && host.has_all(text);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0 || text.size() > 5) return std::nullopt;
  return port;
}

std::string percent_decode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      result += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

bool escapes_are_whole(std::string_view text) {
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3))
    if (at + 2 >= text.size() || hex_digit(text[at + 1]) < 0 || hex_digit(text[at + 2]) < 0) return false;
  return true;
}

std::size_t skip_quoted(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') ++at;
    else if (text[at] == '"') return at + 1;
  }
  return std::string_view::npos;
}

std::string unquote(std::string_view quoted) {
  const auto content = quoted.substr(1, quoted.size() - 2);
  std::string result;
  result.reserve(content.size());
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] == '\\' && i + 1 < content.size()) ++i;
    result += content[i];
  }
  return result;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\r' || c == '\n' ? ' ' : c;
  }
  out += '"';
}

void append_line(std::string& out, std::string_view text) {
  if (!has_line_end(text)) {
    out += text;
    return;
  }
  for (const char c : text) out += c == '\r' || c == '\n' ? ' ' : c;
}

Result<Params, ParseError> parse_params(std::string_view text) {
  Params params;
  std::size_t at = 0, count = 0;
  const auto skip_space = [&] {
    while (at < text.size() && is_space(text[at])) ++at;
  };
  for (skip_space(); at < text.size(); skip_space()) {
    if (text[at++] != ';' || ++count > max_params) return std::unexpected(ParseError::bad_header);
    skip_space();
    const auto name_at = at;
    while (at < text.size() && token.has(text[at])) ++at;
    Param param{std::string{text.substr(name_at, at - name_at)}, std::nullopt};
    if (param.name.empty()) return std::unexpected(ParseError::bad_header);
    skip_space();
    if (at < text.size() && text[at] == '=') {
      ++at;
      skip_space();
      const auto value_at = at;
      if (at < text.size() && text[at] == '"') {
        at = skip_quoted(text, at);
        if (at == std::string_view::npos) return std::unexpected(ParseError::unterminated_quote);
        param.value = unquote(text.substr(value_at, at - value_at));
        param.quoted = true;
      } else {
        while (at < text.size() && bare_value.has(text[at])) ++at;
        param.value = std::string{text.substr(value_at, at - value_at)};
      }
    }
    params.add(std::move(param));
  }
  return params;
}

HeaderLines::Step HeaderLines::next() {
  const auto line_end = rest_.find("\r\n");
  if (line_end == std::string_view::npos) return Step::truncated;
  if (line_end == 0) {
    rest_.remove_prefix(2);
    return Step::end;
  }
  std::string_view line = rest_.substr(0, line_end);
  rest_.remove_prefix(line_end + 2);
  if (!rest_.empty() && is_space(rest_.front())) {  // folded: the line end and the space around it are one space
    unfolded_ = line;
    while (!rest_.empty() && is_space(rest_.front())) {
      const auto end = rest_.find("\r\n");
      if (end == std::string_view::npos) return Step::truncated;
      unfolded_.resize(unfolded_.find_last_not_of(" \t") + 1);
      unfolded_ += ' ';
      unfolded_ += trim(rest_.substr(0, end));
      rest_.remove_prefix(end + 2);
    }
    line = unfolded_;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || has_line_end(line)) return Step::bad;
  name_ = line.substr(0, colon);
  while (!name_.empty() && is_space(name_.back())) name_.remove_suffix(1);
  value_ = trim(line.substr(colon + 1));
  return is_token(name_) ? Step::header : Step::bad;
}

}  // namespace parley::sip::text
