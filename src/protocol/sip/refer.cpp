// REFER and its NOTIFYs, both ways (RFC 3515), with the Replaces that an attended transfer embeds
// (RFC 3891).
#include <charconv>

#include "protocol/sip/core.hpp"
#include "protocol/sip/text.hpp"

namespace parley::sip {

namespace {

/// Everything that a URI header may not contain as it is.
std::string percent_encode(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (text::is_alphanum(c) || std::string_view{"-_.!~*'()"}.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex[byte >> 4];
    out += hex[byte & 15];
  }
  return out;
}

/// The value of `Replaces=` among a URI's headers.
std::optional<std::string> embedded_replaces(std::string_view headers) {
  while (!headers.empty()) {
    const auto end = headers.find('&');
    const std::string_view header = headers.substr(0, end);
    headers = end == std::string_view::npos ? std::string_view{} : headers.substr(end + 1);
    const auto equals = header.find('=');
    if (equals != std::string_view::npos && iequals(header.substr(0, equals), "Replaces"))
      return text::percent_decode(header.substr(equals + 1));
  }
  return std::nullopt;
}

struct Fragment {
  int status = 0;
  std::string reason;
};

/// `SIP/2.0 180 Ringing`, and whatever follows it.
std::optional<Fragment> read_fragment(std::string_view body) {
  constexpr std::string_view version = "SIP/2.0 ";
  if (!body.starts_with(version)) return std::nullopt;
  std::string_view line = body.substr(version.size(), body.find_first_of("\r\n") - version.size());
  Fragment fragment;
  const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), fragment.status);
  if (error != std::errc{} || fragment.status < 100 || fragment.status > 699) return std::nullopt;
  fragment.reason = text::trim(line.substr(static_cast<std::size_t>(rest - line.data())));
  return fragment;
}

}  // namespace

std::optional<Replaces> Replaces::parse(std::string_view value) {
  const auto semicolon = value.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  const auto params = text::parse_params(value.substr(semicolon));
  if (!params) return std::nullopt;
  Replaces replaces{.call_id = std::string{text::trim(value.substr(0, semicolon))},
                    .to_tag = std::string{params->value("to-tag")},
                    .from_tag = std::string{params->value("from-tag")},
                    .early_only = params->has("early-only")};
  if (replaces.call_id.empty() || replaces.to_tag.empty() || replaces.from_tag.empty()) return std::nullopt;
  return replaces;
}

std::string Replaces::to_string() const {
  std::string text = call_id + ";to-tag=" + to_tag + ";from-tag=" + from_tag;
  if (early_only) text += ";early-only";
  return text;
}

bool Stack::Core::refer(Session& session, const Uri& target, const std::optional<Replaces>& replaces, TimePoint now) {
  if (session.phase != Phase::established || session.unacked || session.ack_wanted) return false;
  NameAddr refer_to;
  refer_to.uri = target;
  if (replaces) refer_to.uri.headers = "Replaces=" + percent_encode(replaces->to_string());
  Message request = session.dialog().request("REFER");
  request.add("Refer-To", refer_to.to_string());
  NameAddr referred_by;
  referred_by.uri = session.dialog().local().uri;
  request.add("Referred-By", referred_by.to_string());
  add_capabilities(request);
  session.refer_sent = true;
  send_in_dialog(session, Purpose::refer, std::move(request), now);
  return true;
}

void Stack::Core::on_refer_response(Session& session, const ResponseArrived& arrived, TimePoint now) {
  if (session.phase == Phase::over || arrived.response.status < 200) return;
  if (arrived.response.status < 300) return;  // the NOTIFYs tell how it goes on
  if (answer_challenge(session, arrived, now)) return;
  session.refer_sent = false;
  outputs.push(ReferProgress{session.id, arrived.response.status, arrived.response.reason, true});
}

void Stack::Core::on_notify(Session& session, ServerId id, const Message& request, TimePoint now) {
  const std::string_view event = request.header("Event").value_or("");
  const std::string_view package = text::trim(event.substr(0, event.find(';')));
  if (!iequals(package, "refer")) return reply(id, request, 489, now, {{"Allow-Events", "refer"}});
  if (!session.refer_sent || session.phase == Phase::over) return reply(id, request, 481, now);
  const auto fragment = read_fragment(request.body);
  const std::string_view state = request.header("Subscription-State").value_or("");
  const bool terminated = iequals(text::trim(state.substr(0, state.find(';'))), "terminated");
  if (!fragment && !terminated) return reply(id, request, 400, now, {}, "Bad sipfrag");
  layer.respond(id, session_response(session, request, 200), now);
  const bool final = terminated || fragment->status >= 200;
  if (final) session.refer_sent = false;
  // Ended without a word of success: the subscription timed out or was refused.
  const Fragment progress = fragment.value_or(Fragment{500, "Subscription ended"});
  outputs.push(ReferProgress{session.id, progress.status, progress.reason, final});
}

void Stack::Core::on_refer(Session& session, ServerId id, Message request, TimePoint now) {
  if (session.refer_received || session.refer_accepted) return reply(id, request, 491, now);
  const auto targets = request.addresses("Refer-To");
  if (!targets || targets->size() != 1) return reply(id, request, 400, now, {}, "Bad Refer-To");
  Uri target = targets->front().uri;
  std::optional<Replaces> replaces;
  if (const auto embedded = embedded_replaces(target.headers)) {
    replaces = Replaces::parse(*embedded);
    if (!replaces) return reply(id, request, 400, now, {}, "Bad Replaces");
  }
  target.headers.clear();
  std::string referred_by{request.header("Referred-By").value_or("")};
  session.refer_cseq = request.cseq.number;
  session.refer_received = PendingInvite{id, std::move(request)};
  outputs.push(ReferReceived{session.id, std::move(target), std::move(replaces), std::move(referred_by)});
}

bool Stack::Core::answer_refer(Session& session, int status, std::string reason, TimePoint now) {
  if (!session.refer_received || session.phase == Phase::over) return false;
  const PendingInvite refer = std::move(*session.refer_received);
  session.refer_received.reset();
  if (!layer.respond(refer.server, session_response(session, refer.request, status, reason), now)) return false;
  if (status >= 300) return true;
  session.refer_accepted = true;
  return notify_refer(session, 100, {}, false, now);  // RFC 3515 §2.4.4: one at once
}

bool Stack::Core::notify_refer(Session& session, int status, std::string reason, bool final, TimePoint now) {
  if (!session.refer_accepted || session.phase == Phase::over) return false;
  if (reason.empty()) reason = reason_phrase(status);
  Message notify = session.dialog().request("NOTIFY");
  notify.add("Event", "refer;id=" + std::to_string(session.refer_cseq));
  notify.add("Subscription-State", final ? "terminated;reason=noresource" : "active;expires=60");
  notify.add("Content-Type", "message/sipfrag;version=2.0");
  notify.body = "SIP/2.0 " + std::to_string(status) + " " + reason + "\r\n";
  if (final) session.refer_accepted = false;
  send_in_dialog(session, Purpose::notify, std::move(notify), now);
  return true;
}

}  // namespace parley::sip
