#include "protocol/sip/headers.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/sip/text.hpp"

namespace parley::sip {
namespace {

/// A display name without quotes. The grammar wants tokens; names in UTF-8 and with brackets are
/// common and cannot be mistaken. A comma can (RFC 4475 §3.1.2.15).
bool is_bare_display(std::string_view text) {
  static constexpr auto allowed = ~(text::controls + "\",;<>\\") + "\t";
  return allowed.has_all(text);
}

/// `sip:user@host;tag=x`: without brackets the parameters are the header's, and ',' and '?' are
/// forbidden because they could mean either (RFC 3261 §20.10).
Result<NameAddr, ParseError> parse_addr_spec(std::string_view text) {
  const auto semicolon = std::min(text.find(';'), text.size());
  const auto spec = text::trim(text.substr(0, semicolon));
  if (spec.find_first_of(",?") != std::string_view::npos) return std::unexpected(ParseError::bad_address);
  auto uri = Uri::parse(spec);
  if (!uri) return std::unexpected(uri.error());
  auto params = text::parse_params(text.substr(semicolon));
  if (!params) return std::unexpected(params.error());
  return NameAddr{{}, std::move(*uri), std::move(*params)};
}

}  // namespace

Result<NameAddr, ParseError> NameAddr::parse(std::string_view text) {
  text = text::trim(text);
  NameAddr result;
  if (text.starts_with('"')) {
    const auto end = text::skip_quoted(text, 0);
    if (end == std::string_view::npos) return std::unexpected(ParseError::unterminated_quote);
    result.display = text::unquote(text.substr(0, end));
    text = text::trim(text.substr(end));
    if (!text.starts_with('<')) return std::unexpected(ParseError::bad_address);
  } else {
    const auto open = text.find('<');
    // A '<' inside a parameter's quotes is no bracket: `sip:a@b;x="<"`.
    if (open == std::string_view::npos || text.substr(0, open).find_first_of(";\"") != std::string_view::npos)
      return parse_addr_spec(text);
    const auto display = text::trim(text.substr(0, open));
    if (!is_bare_display(display)) return std::unexpected(ParseError::bad_address);
    result.display = display;
    text.remove_prefix(open);
  }
  const auto close = text.find('>');
  if (close == std::string_view::npos) return std::unexpected(ParseError::bad_address);
  // Space inside the brackets is illegal and has one meaning only: RFC 4475 §3.1.2.14 lets us infer it.
  auto uri = Uri::parse(text::trim(text.substr(1, close - 1)));
  if (!uri) return std::unexpected(uri.error());
  auto params = text::parse_params(text.substr(close + 1));
  if (!params) return std::unexpected(params.error());
  result.uri = std::move(*uri);
  result.params = std::move(*params);
  return result;
}

std::string NameAddr::to_string() const {
  std::string out;
  if (!display.empty()) {
    text::append_quoted(out, display);
    out += ' ';
  }
  out += '<';
  out += uri.to_string();
  out += '>';
  params.append_to(out);
  return out;
}

Result<Via, ParseError> Via::parse(std::string_view text, bool any_version) {
  const auto bad = [] { return std::unexpected(ParseError::bad_via); };
  // sent-protocol is three tokens around slashes, with white space wherever it likes.
  std::string_view parts[2];
  for (auto& part : parts) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return bad();
    part = text::trim(text.substr(0, slash));
    text.remove_prefix(slash + 1);
  }
  if (!iequals(parts[0], "SIP") || (!any_version && parts[1] != "2.0")) return bad();
  text = text::trim(text);
  const auto transport_end = std::min(text.find_first_of(" \t"), text.size());
  Via via;
  via.transport = text::to_upper(text.substr(0, transport_end));
  if (!text::is_token(via.transport)) return bad();
  text.remove_prefix(transport_end);

  const auto semicolon = std::min(text.find(';'), text.size());
  const auto sent_by = text::trim(text.substr(0, semicolon));
  const auto bracket = sent_by.starts_with('[') ? sent_by.find(']') : 0;
  if (bracket == std::string_view::npos) return bad();
  const auto colon = sent_by.find(':', bracket);
  const auto host = text::trim(sent_by.substr(0, colon));
  if (!text::is_host(host)) return bad();
  via.host = host;
  if (colon != std::string_view::npos) {
    const auto port = text::parse_port(text::trim(sent_by.substr(colon + 1)));
    if (!port) return bad();
    via.port = *port;
  }
  auto params = text::parse_params(text.substr(semicolon));
  if (!params) return bad();
  via.params = std::move(*params);
  return via;
}

std::string Via::to_string() const {
  std::string out = "SIP/2.0/" + transport + ' ' + host;
  if (port != 0) (out += ':') += std::to_string(port);
  params.append_to(out);
  return out;
}

Result<CSeq, ParseError> CSeq::parse(std::string_view text) {
  text = text::trim(text);
  const auto space = std::min(text.find_first_of(" \t"), text.size());
  const auto number = parse_u32(text.substr(0, space));
  const auto method = text::trim(text.substr(space));
  if (!number || *number >= 0x8000'0000 || !text::is_token(method)) return std::unexpected(ParseError::bad_cseq);
  return CSeq{*number, std::string{method}};
}

Result<RAck, ParseError> RAck::parse(std::string_view text) {
  text = text::trim(text);
  const auto space = std::min(text.find_first_of(" \t"), text.size());
  const auto rseq = parse_u32(text.substr(0, space));
  if (!rseq) return std::unexpected(rseq.error());
  auto cseq = CSeq::parse(text.substr(space));
  if (!cseq) return std::unexpected(cseq.error());
  return RAck{*rseq, std::move(*cseq)};
}

Result<SessionExpires, ParseError> SessionExpires::parse(std::string_view text) {
  const auto semicolon = std::min(text.find(';'), text.size());
  const auto seconds = parse_u32(text::trim(text.substr(0, semicolon)));
  if (!seconds) return std::unexpected(seconds.error());
  const auto params = text::parse_params(text.substr(semicolon));
  if (!params) return std::unexpected(params.error());
  return SessionExpires{*seconds, text::to_lower(params->value("refresher"))};
}

std::string SessionExpires::to_string() const {
  std::string out = std::to_string(seconds);
  if (!refresher.empty()) out += ";refresher=" + refresher;
  return out;
}

Result<std::uint32_t, ParseError> parse_u32(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::unexpected(ParseError::bad_number);
  return number;
}

Result<std::vector<std::string_view>, ParseError> split_list(std::string_view value) {
  std::vector<std::string_view> members;
  if (text::trim(value).empty()) return members;
  std::size_t start = 0;
  for (std::size_t at = 0; at < value.size();) {
    switch (value[at]) {
      case '"':
        at = text::skip_quoted(value, at);
        if (at == std::string_view::npos) return std::unexpected(ParseError::unterminated_quote);
        break;
      case '<':
        at = value.find('>', at);
        if (at == std::string_view::npos) return std::unexpected(ParseError::bad_address);
        break;
      case ',':
        members.push_back(text::trim(value.substr(start, at - start)));
        start = ++at;
        break;
      default: ++at;
    }
  }
  members.push_back(text::trim(value.substr(start)));
  return members;
}

bool iequals(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, text::lower, text::lower); }

}  // namespace parley::sip
