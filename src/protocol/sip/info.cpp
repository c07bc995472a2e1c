// DTMF in INFO: application/dtmf-relay (`Signal=5`, `Duration=160`) and application/dtmf (one digit).
#include <charconv>

#include "protocol/sip/core.hpp"
#include "protocol/sip/text.hpp"

namespace parley::sip {

namespace {

constexpr std::chrono::milliseconds usual_duration{160};
constexpr std::chrono::milliseconds longest_duration{10'000};

/// A key as itself, or 10 and 11 for * and #, which some write.
std::optional<char> read_key(std::string_view text) {
  text = text::trim(text);
  if (text == "10") return '*';
  if (text == "11") return '#';
  if (text.size() != 1) return std::nullopt;
  const char key = text::upper(text.front());
  if (text::is_digit(key) || key == '*' || key == '#' || (key >= 'A' && key <= 'D')) return key;
  return std::nullopt;
}

struct Key {
  std::optional<char> key;
  std::chrono::milliseconds duration = usual_duration;
};

Key read_relay(std::string_view body) {
  Key found;
  while (!body.empty()) {
    const auto end = body.find_first_of("\r\n");
    const std::string_view line = body.substr(0, end);
    body = end == std::string_view::npos ? std::string_view{} : body.substr(end + 1);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text::trim(line.substr(0, equals)), value = text::trim(line.substr(equals + 1));
    if (iequals(name, "Signal")) found.key = read_key(value);
    if (iequals(name, "Duration")) {
      const auto milliseconds = parse_u32(value);
      if (milliseconds) found.duration = std::min(std::chrono::milliseconds{*milliseconds}, longest_duration);
    }
  }
  return found;
}

}  // namespace

void Stack::Core::on_info(Session& session, ServerId id, const Message& request, TimePoint now) {
  const std::string_view type = request.header("Content-Type").value_or("");
  const std::string_view media = text::trim(type.substr(0, type.find(';')));
  Key found;
  if (iequals(media, "application/dtmf-relay")) found = read_relay(request.body);
  else if (iequals(media, "application/dtmf"))
    found.key = read_key(request.body.substr(0, request.body.find_first_of("\r\n")));
  else if (!request.body.empty())
    return reply(id, request, 415, now, {{"Accept", "application/dtmf-relay, application/dtmf"}});
  layer.respond(id, session_response(session, request, 200), now);
  if (found.key && session.phase != Phase::over) outputs.push(DtmfReceived{session.id, *found.key, found.duration});
}

bool Stack::Core::info_dtmf(Session& session, char digit, std::chrono::milliseconds duration, TimePoint now) {
  if (session.phase != Phase::established || !read_key(std::string_view{&digit, 1})) return false;
  Message info = session.dialog().request("INFO");
  info.add("Content-Type", "application/dtmf-relay");
  info.body = "Signal=";
  info.body += text::upper(digit);
  info.body += "\r\nDuration=" + std::to_string(duration.count()) + "\r\n";
  send_in_dialog(session, Purpose::info, std::move(info), now);
  return true;
}

}  // namespace parley::sip
