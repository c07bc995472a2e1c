#include "protocol/sip/uri.hpp"

#include <algorithm>
#include <array>

#include "protocol/sip/headers.hpp"
#include "protocol/sip/text.hpp"

namespace parley::sip {
namespace {

using text::CharSet;

constexpr CharSet unreserved = text::alphanum + "-_.!~*'()";
// '#' belongs to no user part (it must be escaped), yet every dial plan with feature codes sends it.
constexpr CharSet user_chars = unreserved + "%&=+$,;?/#";
constexpr CharSet password_chars = unreserved + "%&=+$,";
constexpr CharSet param_name = unreserved + "%[]/:&+$";
// A second '=' is outside the grammar; Base64 values in transport parameters have it.
constexpr CharSet param_value = param_name + "=";
constexpr CharSet tel_chars{"0123456789abcdefABCDEF+*#-.()"};
constexpr CharSet scheme_chars = text::alphanum + "+-.";
constexpr CharSet reserved{";/?:@&=+$,%"};
constexpr CharSet visual_separators{"-.()"};
constexpr CharSet visible = ~(text::controls + " <>\"");
constexpr CharSet bare_header_value = ~(text::controls + " \",;<>\\");

bool is_all(std::string_view part, const CharSet& allowed) {
  return allowed.has_all(part) && text::escapes_are_whole(part);
}

constexpr std::size_t max_params = 64;

/// `a=b;c` behind the first ';'. URI parameters know neither quotes nor white space.
bool parse_uri_params(std::string_view rest, Params& params) {
  for (std::size_t count = 0;; ++count) {
    const auto end = std::min(rest.find(';'), rest.size());
    const auto param = rest.substr(0, end);
    const auto equals = param.find('=');
    const auto name = param.substr(0, equals);
    if (count == max_params || name.empty() || !is_all(name, param_name)) return false;
    Param parsed{std::string{name}, std::nullopt};
    if (equals != std::string_view::npos) {
      const auto value = param.substr(equals + 1);
      if (!is_all(value, param_value)) return false;
      parsed.value = std::string{value};
    }
    params.add(std::move(parsed));
    if (end == rest.size()) return true;
    rest.remove_prefix(end + 1);
  }
}

bool parse_host_port(std::string_view text, Uri& uri) {
  const auto bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  const auto colon = text.find(':', bracket);
  const auto host = text.substr(0, colon);
  if (!text::is_host(host)) return false;
  uri.host = text::to_lower(host);
  if (colon == std::string_view::npos) return true;
  const auto port = text::parse_port(text.substr(colon + 1));
  uri.port = port.value_or(0);
  return port.has_value();
}

bool parse_sip(std::string_view rest, Uri& uri) {
  // '@' is legal nowhere but behind the userinfo, which itself may contain ';' and '?'.
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    const auto userinfo = rest.substr(0, at);
    const auto colon = userinfo.find(':');
    const auto user = userinfo.substr(0, colon);
    if (user.empty() || !is_all(user, user_chars)) return false;
    uri.user = user;
    if (colon != std::string_view::npos) {
      uri.password = userinfo.substr(colon + 1);
      if (!is_all(uri.password, password_chars)) return false;
    }
    rest.remove_prefix(at + 1);
  }
  if (const auto question = rest.find('?'); question != std::string_view::npos) {
    uri.headers = rest.substr(question + 1);
    if (uri.headers.empty() || !is_all(uri.headers, visible)) return false;
    rest = rest.substr(0, question);
  }
  const auto semicolon = rest.find(';');
  if (!parse_host_port(rest.substr(0, semicolon), uri)) return false;
  return semicolon == std::string_view::npos || parse_uri_params(rest.substr(semicolon + 1), uri.params);
}

bool parse_tel(std::string_view rest, Uri& uri) {
  const auto semicolon = rest.find(';');
  uri.user = rest.substr(0, semicolon);
  if (uri.user.empty() || !tel_chars.has_all(uri.user)) return false;
  return semicolon == std::string_view::npos || parse_uri_params(rest.substr(semicolon + 1), uri.params);
}

/// Escapes undone except of reserved characters, which mean something else when escaped (RFC 2396 §2.2).
std::string normalised(std::string_view part) {
  std::string result;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] != '%' || i + 2 >= part.size()) {
      result += part[i];
      continue;
    }
    const auto decoded = text::percent_decode(part.substr(i, 3));
    if (reserved.has(decoded.front())) result += text::to_upper(part.substr(i, 3));
    else result += decoded;
    i += 2;
  }
  return result;
}

std::vector<std::string> sorted_headers(std::string_view headers) {
  std::vector<std::string> result;
  for (bool more = !headers.empty(); more;) {
    const auto end = headers.find('&');
    const auto header = headers.substr(0, end);
    const auto equals = header.find('=');
    const bool has_value = equals != std::string_view::npos;
    result.push_back(text::to_lower(normalised(header.substr(0, equals))) + '=' +
                     (has_value ? normalised(header.substr(equals + 1)) : std::string{}));
    more = end != std::string_view::npos;
    if (more) headers.remove_prefix(end + 1);
  }
  std::ranges::sort(result);
  return result;
}

/// Parameters of `a` that `b` lacks or has differently.
bool params_match(const Params& a, const Params& b) {
  return std::ranges::all_of(a, [&](const Param& param) {
    const Param* other = b.find(param.name);
    if (other) return iequals(normalised(param.value.value_or("")), normalised(other->value.value_or("")));
    return std::ranges::none_of(std::array<std::string_view, 5>{"user", "ttl", "method", "maddr", "transport"},
                                [&](std::string_view name) { return iequals(name, param.name); });
  });
}

std::string digits_of(std::string_view number) {
  std::string result;
  for (const char c : number)
    if (!visual_separators.has(c)) result += text::lower(c);
  return result;
}

void append_escaped(std::string& out, std::string_view part) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : part) {
    if (visible.has(c) && c != ';' && c != '?') {
      out += c;
    } else {
      out += '%';
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    }
  }
}

}  // namespace

const Param* Params::find(std::string_view name) const {
  const auto found = std::ranges::find_if(params_, [&](const Param& param) { return iequals(param.name, name); });
  return found == params_.end() ? nullptr : &*found;
}

std::string_view Params::value(std::string_view name) const {
  const Param* param = find(name);
  return param && param->value ? std::string_view{*param->value} : std::string_view{};
}

void Params::set(std::string_view name, std::optional<std::string> value) {
  const auto found = std::ranges::find_if(params_, [&](const Param& param) { return iequals(param.name, name); });
  if (found == params_.end()) params_.push_back({std::string{name}, std::move(value)});
  else *found = {found->name, std::move(value)};
}

void Params::erase(std::string_view name) {
  std::erase_if(params_, [&](const Param& param) { return iequals(param.name, name); });
}

void Params::append_to(std::string& out) const {
  for (const auto& [name, value, quoted] : params_) {
    out += ';';
    out += name;
    if (!value) continue;
    out += '=';
    const bool can_stand_bare = bare_header_value.has_all(*value) && std::ranges::none_of(*value, text::is_high);
    if (quoted || !can_stand_bare) text::append_quoted(out, *value);
    else out += *value;
  }
}

Result<Uri, ParseError> Uri::parse(std::string_view text) {
  const auto colon = text.find(':');
  const auto scheme = text.substr(0, colon);
  const bool scheme_is_legal =
      colon != std::string_view::npos && colon > 0 && text::is_alpha(scheme.front()) && scheme_chars.has_all(scheme);
  if (!scheme_is_legal) return std::unexpected(ParseError::bad_uri);

  Uri uri;
  uri.scheme = text::to_lower(scheme);
  const auto rest = text.substr(colon + 1);
  bool good;
  if (uri.is_sip()) {
    good = parse_sip(rest, uri);
  } else if (uri.scheme == "tel") {
    good = parse_tel(rest, uri);
  } else {
    uri.opaque = rest;
    good = !rest.empty() && visible.has_all(rest);
  }
  if (!good) return std::unexpected(ParseError::bad_uri);
  return uri;
}

std::string Uri::to_string() const {
  std::string out = scheme + ':';
  if (!is_sip() && scheme != "tel") return out += opaque;
  out += user;
  if (!password.empty()) (out += ':') += password;
  if (is_sip()) {
    if (!user.empty()) out += '@';
    out += host;
    if (port != 0) (out += ':') += std::to_string(port);
  }
  for (const Param& param : params) {
    (out += ';') += param.name;
    if (!param.value) continue;
    out += '=';
    append_escaped(out, *param.value);
  }
  if (!headers.empty()) (out += '?') += headers;
  return out;
}

std::string Uri::decoded_user() const { return text::percent_decode(user); }

bool Uri::equivalent(const Uri& other) const {
  if (scheme != other.scheme) return false;
  if (scheme == "tel") {
    return digits_of(user) == digits_of(other.user) && params_match(params, other.params) &&
           params_match(other.params, params);
  }
  if (!is_sip()) return opaque == other.opaque;
  return normalised(user) == normalised(other.user) && normalised(password) == normalised(other.password) &&
         iequals(host, other.host) && port == other.port && params_match(params, other.params) &&
         params_match(other.params, params) && sorted_headers(headers) == sorted_headers(other.headers);
}

}  // namespace parley::sip
