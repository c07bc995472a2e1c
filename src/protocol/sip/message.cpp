#include "protocol/sip/message.hpp"

#include <algorithm>

#include "protocol/sip/header_names.hpp"
#include "protocol/sip/text.hpp"

namespace parley::sip {
namespace {

constexpr std::size_t max_message = 65'535;
constexpr std::size_t max_headers = 256;
constexpr std::size_t max_vias = 128;

/// Reads a message to its end even past a defect, so that a 400 has something to answer.
class Parser {
 public:
  Result<Message, ParseFailure> run(std::string_view datagram);

 private:
  void start_line(std::string_view line);
  void request_line(std::string_view line);
  void status_line(std::string_view line);
  void header(std::string_view name, std::string_view value);
  void via(std::string_view value);
  void address(const char* name, NameAddr& into, bool& seen, std::string_view value);
  void call_id(std::string_view value);
  void cseq(std::string_view value);
  void max_forwards(std::string_view value);
  void content_length(std::string_view value);
  void check_whole();
  void body(std::string_view rest);

  /// The first defect is the one reported.
  void fail(ParseError error) {
    if (!error_) error_ = error;
  }
  /// What could not be read, for the answer; the first of a name.
  void keep(const char* name, std::string_view value) {
    if (std::ranges::find(unreadable_, name, &HeaderField::name) == unreadable_.end())
      unreadable_.push_back({name, std::string{value}});
  }
  /// False, and a failure, when a header of which there is one comes twice.
  bool once(bool& seen) {
    if (seen) fail(ParseError::duplicate_header);
    return !std::exchange(seen, true);
  }

  Message message_;
  std::vector<HeaderField> unreadable_;
  std::optional<ParseError> error_;
  std::optional<std::uint32_t> content_length_;
  std::size_t headers_ = 0;
  bool seen_from_ = false, seen_to_ = false, seen_call_id_ = false, seen_cseq_ = false;
  bool seen_max_forwards_ = false, seen_content_length_ = false;
};

Result<Message, ParseFailure> Parser::run(std::string_view datagram) {
  if (datagram.size() > max_message) return std::unexpected(ParseFailure{.error = ParseError::too_large});
  while (datagram.starts_with("\r\n")) datagram.remove_prefix(2);  // RFC 3261 §7.5
  const auto line_end = datagram.find("\r\n");
  if (line_end == std::string_view::npos) return std::unexpected(ParseFailure{.error = ParseError::truncated});
  start_line(datagram.substr(0, line_end));

  text::HeaderLines lines{datagram.substr(line_end + 2)};
  for (auto step = lines.next(); step != text::HeaderLines::Step::end; step = lines.next()) {
    if (step == text::HeaderLines::Step::truncated) {
      fail(ParseError::truncated);
      break;
    }
    if (++headers_ > max_headers) {
      fail(ParseError::too_large);
      break;
    }
    if (step == text::HeaderLines::Step::bad) fail(ParseError::bad_header);
    else header(canonical_header_name(lines.name()), lines.value());
  }
  check_whole();
  if (!error_) body(lines.rest());
  if (!error_) return std::move(message_);

  ParseFailure failure{.error = *error_};
  // The Via leads the answer back; what else is missing, its sender can see for itself (RFC 4475 §3.3.1).
  if (message_.is_request() && !message_.via.empty()) failure.partial = std::move(message_);
  failure.unreadable = std::move(unreadable_);
  return std::unexpected(std::move(failure));
}

void Parser::start_line(std::string_view line) {
  if (text::has_line_end(line)) return fail(ParseError::bad_start_line);
  if (line.size() >= 4 && iequals(line.substr(0, 4), "SIP/")) status_line(line);
  else request_line(line);
}

void Parser::request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return fail(ParseError::bad_start_line);
  const auto method = line.substr(0, first);
  const auto uri = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (!text::is_token(method)) return fail(ParseError::bad_start_line);
  message_.method = method;
  if (version.size() < 4 || !iequals(version.substr(0, 4), "SIP/") ||
      uri.find_first_of(" \t") != std::string_view::npos)
    return fail(ParseError::bad_start_line);
  if (!iequals(version, "SIP/2.0")) fail(ParseError::bad_version);
  auto parsed = Uri::parse(uri);
  // Headers have no meaning in a Request-URI (RFC 3261 §19.1.1), and could smuggle a Route.
  if (!parsed || !parsed->headers.empty()) return fail(ParseError::bad_uri);
  message_.request_uri = std::move(*parsed);
}

void Parser::status_line(std::string_view line) {
  message_.status = 999;  // a response, whatever else is wrong with it
  if (line.size() < 11 || line[7] != ' ') return fail(ParseError::bad_start_line);
  if (!iequals(line.substr(0, 7), "SIP/2.0")) fail(ParseError::bad_version);
  const auto code = line.substr(8, 3);
  if (!std::ranges::all_of(code, text::is_digit) || code[0] < '1' || code[0] > '6')
    return fail(ParseError::bad_start_line);
  // The grammar wants a space even before an empty phrase; not everybody sends it.
  if (line.size() > 11 && line[11] != ' ') return fail(ParseError::bad_start_line);
  message_.status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  if (line.size() > 12) message_.reason = line.substr(12);
}

void Parser::header(std::string_view name, std::string_view value) {
  // Canonical names are unique, so the first letter decides cheaply which comparison is worth it.
  switch (text::lower(name.front())) {
    case 'v':
      if (name == "Via") return via(value);
      break;
    case 'f':
      if (name == "From") return address("From", message_.from, seen_from_, value);
      break;
    case 't':
      if (name == "To") return address("To", message_.to, seen_to_, value);
      break;
    case 'c':
      if (name == "Call-ID") return call_id(value);
      if (name == "CSeq") return cseq(value);
      if (name == "Content-Length") return content_length(value);
      break;
    case 'm':
      if (name == "Max-Forwards" && message_.is_request()) return max_forwards(value);
      break;
    default: break;
  }
  message_.add(std::string{name}, std::string{value});
}

void Parser::via(std::string_view value) {
  const auto members = split_list(value);
  if (!members || members->empty()) return fail(ParseError::bad_via);
  if (message_.via.size() + members->size() > max_vias) return fail(ParseError::too_large);
  for (const auto member : *members) {
    auto parsed = Via::parse(member, error_ == ParseError::bad_version);
    if (!parsed) return fail(parsed.error());
    message_.via.push_back(std::move(*parsed));
  }
}

void Parser::address(const char* name, NameAddr& into, bool& seen, std::string_view value) {
  if (!once(seen)) return;
  auto parsed = NameAddr::parse(value);
  if (!parsed) {
    fail(parsed.error());
    // Enough of it for an answer, which its sender matches by Via and CSeq alone.
    const auto open = value.rfind('<');
    if (open != std::string_view::npos) parsed = NameAddr::parse(value.substr(open));
  }
  if (parsed) into = std::move(*parsed);
  else if (into.uri.scheme.empty()) keep(name, value);
}

void Parser::call_id(std::string_view value) {
  if (!once(seen_call_id_)) return;
  if (!value.empty() && value.find_first_of(" \t") == std::string_view::npos) {
    message_.call_id = value;
  } else {
    fail(ParseError::bad_header);
    if (message_.call_id.empty()) keep("Call-ID", value);
  }
}

void Parser::cseq(std::string_view value) {
  if (!once(seen_cseq_)) return;
  if (auto parsed = CSeq::parse(value)) {
    message_.cseq = std::move(*parsed);
  } else {
    fail(parsed.error());
    if (message_.cseq.method.empty()) keep("CSeq", value);
  }
}

void Parser::max_forwards(std::string_view value) {
  if (!once(seen_max_forwards_)) return;
  const auto hops = parse_u32(value);
  if (!hops || *hops > 255) return fail(ParseError::bad_number);
  message_.max_forwards = *hops;
}

void Parser::content_length(std::string_view value) {
  // Twice is refused even when equal: what two programs read differently hides messages in messages.
  if (!once(seen_content_length_)) return;
  if (const auto length = parse_u32(value)) content_length_ = *length;
  else fail(ParseError::bad_content_length);
}

void Parser::check_whole() {
  if (message_.via.empty() || !seen_from_ || !seen_to_ || !seen_call_id_ || !seen_cseq_)
    fail(ParseError::missing_header);
  if (message_.is_request() && message_.cseq.method != message_.method) fail(ParseError::method_mismatch);
}

void Parser::body(std::string_view rest) {
  const std::size_t length = content_length_.value_or(static_cast<std::uint32_t>(rest.size()));
  if (length > rest.size()) return fail(ParseError::truncated);
  message_.body = rest.substr(0, length);
}

template <class Text>
void append_header(std::string& out, std::string_view name, const Text& value) {
  out += name;
  out += ": ";
  text::append_line(out, value);
  out += "\r\n";
}

}  // namespace

Result<Message, ParseFailure> parse(std::string_view datagram) { return Parser{}.run(datagram); }

std::optional<std::string_view> Message::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [&](const auto& field) { return iequals(field.name, name); });
  if (found == headers.end()) return std::nullopt;
  return found->value;
}

std::vector<std::string_view> Message::header_list(std::string_view name) const {
  std::vector<std::string_view> result;
  for (const auto& field : headers) {
    if (!iequals(field.name, name)) continue;
    const auto members = split_list(field.value);
    if (!members) continue;
    for (const auto member : *members)
      if (!member.empty()) result.push_back(member);
  }
  return result;
}

bool Message::has_token(std::string_view header, std::string_view token) const {
  return std::ranges::any_of(header_list(header), [&](std::string_view member) { return iequals(member, token); });
}

void Message::set(std::string_view name, std::string value) {
  const auto matches = [&](const HeaderField& field) { return iequals(field.name, name); };
  const auto first = std::ranges::find_if(headers, matches);
  if (first == headers.end()) return add(std::string{name}, std::move(value));
  first->value = std::move(value);
  headers.erase(std::remove_if(first + 1, headers.end(), matches), headers.end());
}

void Message::remove(std::string_view name) {
  std::erase_if(headers, [&](const HeaderField& field) { return iequals(field.name, name); });
}

Result<std::vector<NameAddr>, ParseError> Message::addresses(std::string_view name) const {
  std::vector<NameAddr> result;
  for (const auto& field : headers) {
    if (!iequals(field.name, name)) continue;
    const auto members = split_list(field.value);
    if (!members) return std::unexpected(members.error());
    for (const auto member : *members) {
      auto parsed = NameAddr::parse(member);
      if (!parsed) return std::unexpected(parsed.error());
      result.push_back(std::move(*parsed));
    }
  }
  return result;
}

std::string Message::to_string() const {
  std::string out;
  out.reserve(512 + body.size());
  if (is_request()) {
    out += method + ' ' + request_uri.to_string() + " SIP/2.0\r\n";
  } else {
    out += "SIP/2.0 " + std::to_string(status) + ' ';
    text::append_line(out, reason);
    out += "\r\n";
  }
  for (const Via& hop : via) append_header(out, "Via", hop.to_string());
  if (is_request()) append_header(out, "Max-Forwards", std::to_string(max_forwards));
  // Only the answer to a request that lacked one lacks it too.
  if (!from.uri.scheme.empty()) append_header(out, "From", from.to_string());
  if (!to.uri.scheme.empty()) append_header(out, "To", to.to_string());
  if (!call_id.empty()) append_header(out, "Call-ID", call_id);
  if (!cseq.method.empty()) append_header(out, "CSeq", std::to_string(cseq.number) + ' ' + cseq.method);
  for (const auto& [name, value] : headers) append_header(out, name, value);
  append_header(out, "Content-Length", std::to_string(body.size()));
  out += "\r\n";
  return out += body;
}

}  // namespace parley::sip
