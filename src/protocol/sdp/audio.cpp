#include "protocol/sdp/audio.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace parley::sdp {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool iequals(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// The rest of the attribute `name` that begins with `format` and a space.
std::optional<std::string_view> value_for(const Media& media, std::string_view name, std::string_view format) {
  for (const Attribute& attribute : media.attributes) {
    if (attribute.name != name || !attribute.value) continue;
    const std::string_view value = *attribute.value;
    if (value.size() > format.size() && value.starts_with(format) && value[format.size()] == ' ')
      return trim(value.substr(format.size()));
  }
  return std::nullopt;
}

std::optional<Rtpmap> static_type(std::uint8_t payload_type) {
  switch (payload_type) {
    case 0: return Rtpmap{0, "PCMU", 8'000};
    case 3: return Rtpmap{3, "GSM", 8'000};
    case 4: return Rtpmap{4, "G723", 8'000};
    case 8: return Rtpmap{8, "PCMA", 8'000};
    case 9: return Rtpmap{9, "G722", 8'000};
    case 13: return Rtpmap{13, "CN", 8'000};
    case 18: return Rtpmap{18, "G729", 8'000};
    default: return std::nullopt;
  }
}

std::optional<std::chrono::milliseconds> milliseconds(std::optional<std::string_view> text) {
  // Fractions are legal ("ptime:2.5") and too short for anything here: only the whole part counts.
  const auto number = text ? parse_number<std::uint16_t>(trim(text->substr(0, text->find('.')))) : std::nullopt;
  if (!number || *number == 0) return std::nullopt;
  return std::chrono::milliseconds{*number};
}

}  // namespace

bool Rtpmap::same_codec(const Rtpmap& other) const {
  return iequals(encoding, other.encoding) && clock == other.clock && channels == other.channels;
}

std::string Rtpmap::to_string() const {
  std::string out = std::to_string(payload_type) + ' ' + encoding + '/' + std::to_string(clock);
  if (channels != 1) out += '/' + std::to_string(channels);
  return out;
}

std::string_view name(Direction direction) {
  switch (direction) {
    case Direction::inactive: return "inactive";
    case Direction::sendonly: return "sendonly";
    case Direction::recvonly: return "recvonly";
    case Direction::sendrecv: break;
  }
  return "sendrecv";
}

std::optional<Rtpmap> rtpmap(const Media& media, std::string_view format) {
  const auto payload_type = parse_number<std::uint8_t>(format);
  if (!payload_type || *payload_type > 127) return std::nullopt;
  const auto value = value_for(media, "rtpmap", format);
  if (!value) return static_type(*payload_type);
  const auto slash = value->find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto rest = value->substr(slash + 1);
  const auto second = rest.find('/');
  const auto clock = parse_number<std::uint32_t>(rest.substr(0, second));
  const auto channels = second == std::string_view::npos ? 1 : parse_number<std::uint32_t>(rest.substr(second + 1));
  if (!clock || !channels || *clock == 0 || *channels == 0) return std::nullopt;
  return Rtpmap{*payload_type, std::string{value->substr(0, slash)}, *clock, *channels};
}

std::string_view fmtp(const Media& media, std::string_view format) {
  return value_for(media, "fmtp", format).value_or("");
}

std::optional<std::string_view> fmtp_value(std::string_view fmtp, std::string_view name) {
  while (!fmtp.empty()) {
    const auto end = std::min(fmtp.find(';'), fmtp.size());
    const auto member = fmtp.substr(0, end);
    fmtp.remove_prefix(std::min(end + 1, fmtp.size()));
    const auto equals = member.find('=');
    if (equals != std::string_view::npos && iequals(trim(member.substr(0, equals)), name))
      return trim(member.substr(equals + 1));
  }
  return std::nullopt;
}

OpusParameters OpusParameters::parse(std::string_view fmtp) {
  OpusParameters out;
  const auto number = [&](std::string_view name) -> std::optional<std::uint32_t> {
    const auto value = fmtp_value(fmtp, name);
    return value ? parse_number<std::uint32_t>(*value) : std::nullopt;
  };
  const auto flag = [&](std::string_view name) { return number(name) == 1U; };
  out.max_playback_rate = number("maxplaybackrate").value_or(out.max_playback_rate);
  out.sprop_max_capture_rate = number("sprop-maxcapturerate").value_or(out.sprop_max_capture_rate);
  out.max_average_bitrate = number("maxaveragebitrate");
  out.stereo = flag("stereo");
  out.sprop_stereo = flag("sprop-stereo");
  out.cbr = flag("cbr");
  out.use_inband_fec = flag("useinbandfec");
  out.use_dtx = flag("usedtx");
  out.ptime = milliseconds(fmtp_value(fmtp, "ptime"));
  out.min_ptime = milliseconds(fmtp_value(fmtp, "minptime"));
  out.max_ptime = milliseconds(fmtp_value(fmtp, "maxptime"));
  return out;
}

std::optional<std::chrono::milliseconds> ptime(const Media& media) {
  return milliseconds(media.attributes.value("ptime"));
}
std::optional<std::chrono::milliseconds> max_ptime(const Media& media) {
  return milliseconds(media.attributes.value("maxptime"));
}

Direction direction(const SessionDescription& session, const Media& media) {
  for (const Attributes* attributes : {&media.attributes, &session.attributes})
    for (const Attribute& attribute : *attributes)
      for (const auto each : {Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive})
        if (attribute.name == name(each)) return each;
  return Direction::sendrecv;
}

bool rtcp_mux(const Media& media) { return media.attributes.has("rtcp-mux"); }

std::optional<Endpoint> rtp_endpoint(const SessionDescription& session, const Media& media) {
  const auto& connection = media.connection ? media.connection : session.connection;
  const auto ip = connection ? connection->ip() : std::nullopt;
  if (!ip) return std::nullopt;
  return Endpoint{*ip, media.port};
}

std::optional<Endpoint> rtcp_endpoint(const SessionDescription& session, const Media& media) {
  auto endpoint = rtp_endpoint(session, media);
  if (!endpoint || rtcp_mux(media)) return endpoint;
  if (const auto rtcp = media.attributes.value("rtcp")) {
    const auto port = parse_number<std::uint16_t>(rtcp->substr(0, rtcp->find(' ')));
    if (!port) return std::nullopt;
    endpoint->port = *port;
    const auto last = rtcp->rfind(' ');
    if (last == std::string_view::npos) return endpoint;
    const auto ip = IpAddress::parse(rtcp->substr(last + 1));
    if (!ip) return std::nullopt;
    endpoint->address = *ip;
    return endpoint;
  }
  if (endpoint->port == 65'535) return std::nullopt;
  ++endpoint->port;
  return endpoint;
}

}  // namespace parley::sdp
