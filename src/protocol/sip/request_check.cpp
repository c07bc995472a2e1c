#include "protocol/sip/request_check.hpp"
#include "base/assert.hpp"

#include <algorithm>
#include <array>

#include "protocol/sip/text.hpp"

namespace parley::sip {
namespace {

using Strings = std::vector<std::string>;

std::string join(const auto& members) {
  std::string out;
  for (const auto& member : members) {
    if (!out.empty()) out += ", ";
    out += member;
  }
  return out;
}

/// Methods compare with case, everything else in SIP without (RFC 3261 §7.1).
bool contains(const Strings& known, std::string_view name) {
  return std::ranges::any_of(known, [&](const std::string& each) { return iequals(each, name); });
}

Rejection reject(int status, std::vector<HeaderField> headers = {}) {
  return {status, std::string{reason_phrase(status)}, std::move(headers)};
}

Rejection bad_request(ParseError error) { return {400, std::string{describe(error)}, {}}; }

std::optional<Rejection> check_method(const Message& request, const Supported& supported) {
  if (std::ranges::find(supported.methods, request.method) != supported.methods.end()) return std::nullopt;
  // 405 for what we know and do not allow, 501 for what we have never heard of (§8.2.1, §21.5.2).
  static constexpr auto registered =
      std::to_array<std::string_view>({"ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS",
                                       "PRACK", "PUBLISH", "REFER", "REGISTER", "SUBSCRIBE", "UPDATE"});
  const bool known = std::ranges::find(registered, request.method) != registered.end();
  return reject(known ? 405 : 501, {{"Allow", join(supported.methods)}});
}

/// Addresses that the stack will route by.
std::optional<Rejection> check_addresses(const Message& request) {
  for (const auto* name : {"Contact", "Route", "Record-Route"}) {
    if (request.header(name) == "*") continue;  // REGISTER's "all of them"
    if (const auto addresses = request.addresses(name); !addresses) return bad_request(addresses.error());
  }
  return std::nullopt;
}

std::optional<Rejection> check_extensions(const Message& request, const Supported& supported) {
  if (request.method == "CANCEL") return std::nullopt;  // §8.2.2.3
  std::vector<std::string_view> unsupported;
  for (const auto* header : {"Require", "Proxy-Require"}) {
    if (!supported.forwards && std::string_view{header} == "Proxy-Require") continue;
    for (const auto tag : request.header_list(header))
      if (!contains(supported.options, tag)) unsupported.push_back(tag);
  }
  if (unsupported.empty()) return std::nullopt;
  return reject(420, {{"Unsupported", join(unsupported)}});
}

std::string_view media_type(std::string_view value) { return text::trim(value.substr(0, value.find(';'))); }

std::optional<Rejection> check_body(const Message& request, const Supported& supported) {
  if (request.body.empty()) return std::nullopt;
  const auto disposition = request.header("Content-Disposition").value_or("");
  if (const auto params = text::parse_params(disposition.substr(std::min(disposition.find(';'), disposition.size())));
      params && iequals(params->value("handling"), "optional"))
    return std::nullopt;
  const auto encoding = request.header("Content-Encoding");
  if (encoding && !iequals(*encoding, "identity")) return reject(415, {{"Accept-Encoding", "identity"}});
  if (const auto type = request.header("Content-Type"); type && contains(supported.bodies, media_type(*type)))
    return std::nullopt;
  return reject(415, {{"Accept", join(supported.bodies)}});
}

/// An INVITE that will not take SDP back cannot be answered (RFC 4475 §3.3.15).
std::optional<Rejection> check_accept(const Message& request) {
  if (request.method != "INVITE" || !request.header("Accept")) return std::nullopt;
  const auto accepted = request.header_list("Accept");
  const bool takes_sdp = std::ranges::any_of(accepted, [](std::string_view member) {
    const auto type = media_type(member);
    return type == "*/*" || iequals(type, "application/*") || iequals(type, "application/sdp");
  });
  return takes_sdp ? std::nullopt : std::optional{reject(406)};
}

}  // namespace

std::optional<Rejection> check(const Message& request, const Supported& supported) {
  if (request.method == "ACK") return std::nullopt;
  if (auto rejection = check_method(request, supported)) return rejection;
  if (!contains(supported.schemes, request.request_uri.scheme)) return reject(416);
  if (supported.forwards && request.max_forwards == 0 && request.method != "REGISTER") return reject(483);
  if (auto rejection = check_addresses(request)) return rejection;
  if (auto rejection = check_extensions(request, supported)) return rejection;
  if (auto rejection = check_body(request, supported)) return rejection;
  return check_accept(request);
}

std::optional<Rejection> check(const ParseFailure& failure) {
  if (!failure.partial || failure.partial->method == "ACK") return std::nullopt;
  switch (failure.error) {
    case ParseError::bad_version: return reject(505);
    case ParseError::too_large: return reject(513);
    default: return bad_request(failure.error);
  }
}

Message make_response(const Message& request, const Rejection& rejection, std::string_view to_tag) {
  Message response = make_response(request, rejection.status, rejection.reason, to_tag);
  response.headers = rejection.headers;
  return response;
}

Message make_response(const ParseFailure& failure, const Rejection& rejection, std::string_view to_tag) {
  PARLEY_ASSERT(failure.partial);
  Message response = make_response(*failure.partial, rejection, to_tag);
  // As they came: their sender may still know its own.
  response.headers.insert(response.headers.begin(), failure.unreadable.begin(), failure.unreadable.end());
  return response;
}

}  // namespace parley::sip
