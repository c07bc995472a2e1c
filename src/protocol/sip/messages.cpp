// What the messages of a user agent have in common: capabilities, bodies, addresses, credentials.
#include <charconv>

#include "protocol/sip/core.hpp"
#include "protocol/sip/ids.hpp"
#include "protocol/sip/text.hpp"

namespace parley::sip {

namespace {

constexpr std::string_view option_tags = "100rel, timer, replaces, norefersub";

/// The first application/sdp part. Nested multiparts and encodings are not looked into.
std::optional<std::string> sdp_part(std::string_view content_type, std::string_view body) {
  const auto at = content_type.find(';');
  if (at == std::string_view::npos) return std::nullopt;
  const auto params = text::parse_params(content_type.substr(at));
  if (!params) return std::nullopt;
  const std::string delimiter = "--" + std::string{params->value("boundary")};
  if (delimiter.size() == 2) return std::nullopt;
  auto begin = body.find(delimiter);
  while (begin != std::string_view::npos) {
    begin += delimiter.size();
    const auto next = body.find(delimiter, begin);
    if (next == std::string_view::npos) return std::nullopt;
    const std::string_view part = body.substr(begin, next - begin);
    const auto blank = part.find("\r\n\r\n");
    if (blank != std::string_view::npos &&
        text::to_lower(part.substr(0, blank)).find("application/sdp") != std::string::npos)
      return std::string{part.substr(blank + 4)};
    begin = next;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> sdp_of(const Message& message) {
  const auto type = message.header("Content-Type");
  if (message.body.empty() || !type) return std::nullopt;
  const std::string media = text::to_lower(text::trim(type->substr(0, type->find(';'))));
  if (media == "application/sdp") return message.body;
  if (media.starts_with("multipart/")) return sdp_part(*type, message.body);
  return std::nullopt;
}

void add_sdp(Message& message, std::string sdp) {
  message.set("Content-Type", "application/sdp");
  message.body = std::move(sdp);
}

int sip_cause(std::string_view reason_header) {
  const auto at = reason_header.find(';');
  if (at == std::string_view::npos || !iequals(text::trim(reason_header.substr(0, at)), "SIP")) return 0;
  const auto params = text::parse_params(reason_header.substr(at));
  if (!params) return 0;
  const std::string_view cause = params->value("cause");
  int status = 0;
  std::from_chars(cause.data(), cause.data() + cause.size(), status);
  return status;
}

std::string dialog_key(std::string_view call_id, std::string_view local_tag) {
  std::string key{call_id};
  key += '\x1f';
  key += local_tag;
  return key;
}

std::optional<Message> meet_challenge(digest::Client* digest, const ResponseArrived& arrived) {
  constexpr int patience = 3;  // a stale nonce, a proxy and the far end may each ask once
  const int status = arrived.response.status;
  if ((status != 401 && status != 407) || !digest || arrived.request.challenges >= patience) return std::nullopt;
  if (!digest->challenged(arrived.request.message, arrived.response)) return std::nullopt;
  Message again = arrived.request.message;
  ++again.cseq.number;
  digest->authorize(again);
  return again;
}

std::unique_ptr<digest::Client> Stack::Core::digest_for(const std::optional<Credentials>& credentials) const {
  if (!credentials) return nullptr;
  return std::make_unique<digest::Client>(digest::Client::Credentials{credentials->user, credentials->password},
                                          random);
}

void Stack::Core::reply(ServerId id, const Message& request, int status, TimePoint now, Headers headers,
                        std::string reason) {
  const std::string_view phrase = reason.empty() ? reason_phrase(status) : std::string_view{reason};
  Message response = make_response(request, status, phrase, make_tag(config.worker, random));
  response.headers = std::move(headers);
  layer.respond(id, response, now);
}

// A response inside or beginning a dialog: our tag, the route it came by, how to reach us.
Message Stack::Core::session_response(Session& session, const Message& request, int status, const std::string& reason) {
  const std::string_view phrase = reason.empty() ? reason_phrase(status) : std::string_view{reason};
  Message response = make_response(request, status, phrase, session.local_tag);
  const bool targets = request.method == "INVITE" || request.method == "UPDATE" || request.method == "REFER";
  if (!targets || status == 100 || status >= 300) return response;
  for (const HeaderField& field : request.headers)
    if (field.name == "Record-Route") response.headers.push_back(field);
  response.add("Contact", contact_of(session).to_string());
  if (request.method == "INVITE" || status >= 200) add_capabilities(response);
  return response;
}

void Stack::Core::add_capabilities(Message& message) const {
  std::string allow;
  for (const std::string& method : supported_.methods) {
    if (!allow.empty()) allow += ", ";
    allow += method;
  }
  message.set("Allow", std::move(allow));
  message.set("Supported", std::string{option_tags});
  if (message.is_response() && !config.user_agent.empty()) message.set("Server", config.user_agent);
}

NameAddr Stack::Core::contact_of(const Session& session) const {
  return session.contact ? *session.contact : layer.contact(session.flow.transport);
}

void Stack::Core::send_in_dialog(Session& session, Purpose purpose, Message request, TimePoint now) {
  if (session.digest) session.digest->authorize(request);
  route_in_dialog(session, {.purpose = purpose, .owner = session.id, .message = std::move(request)}, now);
}

void Stack::Core::route_in_dialog(Session& session, ClientRequest request, TimePoint now) {
  if (session.contact && request.purpose != Purpose::ack && !request.message.header("Contact"))
    request.message.add("Contact", session.contact->to_string());
  request.flows.clear();
  if (session.pinned) {
    request.flows = {session.flow};
  } else {
    // A strict router is the first hop and no longer among the Routes: only the dialog knows.
    for (const Branch& branch : session.branches)
      if (branch.dialog.remote_tag() == request.message.to.tag())
        request.flows = layer.literal_flows(branch.dialog.next_hop()).value_or(std::vector<Flow>{});
  }
  ++session.requests_pending;
  const bool reinvite = request.message.method == "INVITE";
  const ClientId id = layer.send(std::move(request), now);
  if (reinvite) session.invite_client = id;
}

}  // namespace parley::sip
