#include "protocol/sdp/sections.hpp"

#include <algorithm>

namespace parley::sdp {

bool is_event(const Rtpmap& map) { return map.same_codec({map.payload_type, std::string{event_encoding}, map.clock}); }

std::optional<NegotiatedCodec> event_at(const Media& media, std::uint32_t clock) {
  for (const auto& format : media.formats) {
    auto map = rtpmap(media, format);
    if (!map || !is_event(*map) || map->clock != clock) continue;
    const auto payload_type = map->payload_type;
    return NegotiatedCodec{std::move(*map), payload_type, std::string{fmtp(media, format)}};
  }
  return std::nullopt;
}

Media rejected(const Media& offered) {
  return {.kind = offered.kind, .port = 0, .protocol = offered.protocol, .formats = offered.formats};
}

std::size_t index_of_audio(const SessionDescription& session) {
  const auto live =
      std::ranges::find_if(session.media, [](const Media& media) { return media.kind == "audio" && media.port != 0; });
  return static_cast<std::size_t>(live - session.media.begin());
}

void add_codec(Media& media, Rtpmap map, std::uint8_t payload_type, std::string_view fmtp) {
  map.payload_type = payload_type;
  const std::string format = std::to_string(payload_type);
  media.formats.push_back(format);
  media.attributes.add("rtpmap", map.to_string());
  if (!fmtp.empty()) media.attributes.add("fmtp", format + ' ' + std::string{fmtp});
}

std::vector<NegotiatedCodec> answered_codecs(const Media& offered, const Media& answered) {
  std::vector<NegotiatedCodec> codecs;
  for (const auto& format : answered.formats) {
    auto map = rtpmap(answered, format);
    if (!map || is_event(*map)) continue;
    for (const auto& ours : offered.formats) {
      const auto offered_map = rtpmap(offered, ours);
      if (!offered_map || !offered_map->same_codec(*map)) continue;
      codecs.push_back({*map, offered_map->payload_type, std::string{fmtp(answered, format)}});
      break;
    }
  }
  return codecs;
}

void count_version(SessionDescription& next, const SessionDescription* previous) {
  if (!previous) return;
  next.origin = previous->origin;
  if (next != *previous) ++next.origin.version;
}

PayloadTypes::PayloadTypes(const Media* used) : used_{used} {
  if (!used_) return;
  for (const auto& format : used_->formats)
    if (const auto map = rtpmap(*used_, format)) taken_.set(map->payload_type);
}

std::uint8_t PayloadTypes::choose(const Rtpmap& wish) {
  if (used_)
    for (const auto& format : used_->formats)
      if (const auto map = rtpmap(*used_, format); map && map->same_codec(wish)) return map->payload_type;
  std::uint8_t type = wish.payload_type;
  for (std::uint8_t free = 96; taken_.test(type) && free < 128; ++free) type = free;
  taken_.set(type);
  return type;
}

}  // namespace parley::sdp
