// What a media section says about audio: payload types, direction, packet times, addresses.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/sdp/description.hpp"

namespace parley::sdp {

/// `a=rtpmap`. G722 has the clock 8000 although it is sampled at 16 kHz (RFC 3551 §4.5.2).
struct Rtpmap {
  std::uint8_t payload_type = 0;
  std::string encoding;  // as written; compares without case
  std::uint32_t clock = 0;
  std::uint32_t channels = 1;

  /// The same codec, whatever its payload type.
  bool same_codec(const Rtpmap& other) const;
  std::string to_string() const;  // the attribute's value
  bool operator==(const Rtpmap&) const = default;
};

enum class Direction : std::uint8_t { inactive = 0, sendonly = 1, recvonly = 2, sendrecv = 3 };  // bit 0: sends

std::string_view name(Direction direction);
constexpr bool sends(Direction direction) { return (static_cast<unsigned>(direction) & 1U) != 0; }
constexpr bool receives(Direction direction) { return (static_cast<unsigned>(direction) & 2U) != 0; }
constexpr Direction direction_of(bool sends, bool receives) {
  return static_cast<Direction>((sends ? 1U : 0U) | (receives ? 2U : 0U));
}
/// The other side's view.
constexpr Direction reversed(Direction direction) { return direction_of(receives(direction), sends(direction)); }
constexpr Direction common(Direction a, Direction b) {
  return static_cast<Direction>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}

/// A payload type's codec, from its a=rtpmap or from the static table of RFC 3551; nothing when unknown.
std::optional<Rtpmap> rtpmap(const Media& media, std::string_view format);
/// The parameters of `a=fmtp:<format> …`, empty when there are none.
std::string_view fmtp(const Media& media, std::string_view format);
/// `name=value` of a semicolon-separated list; names compare without case.
std::optional<std::string_view> fmtp_value(std::string_view fmtp, std::string_view name);

/// RFC 7587 §6.1, with its defaults.
struct OpusParameters {
  std::uint32_t max_playback_rate = 48'000, sprop_max_capture_rate = 48'000;
  std::optional<std::uint32_t> max_average_bitrate;
  bool stereo = false, sprop_stereo = false, cbr = false, use_inband_fec = false, use_dtx = false;
  std::optional<std::chrono::milliseconds> ptime, min_ptime, max_ptime;

  /// Values that are no numbers count as absent.
  static OpusParameters parse(std::string_view fmtp);
};

std::optional<std::chrono::milliseconds> ptime(const Media& media);
std::optional<std::chrono::milliseconds> max_ptime(const Media& media);
/// The section's, else the session's, else sendrecv.
Direction direction(const SessionDescription& session, const Media& media);
bool rtcp_mux(const Media& media);
/// Where RTP goes; nothing when the address is missing or no literal.
std::optional<Endpoint> rtp_endpoint(const SessionDescription& session, const Media& media);
/// a=rtcp (RFC 3605), else RTP's with rtcp-mux, else the port above.
std::optional<Endpoint> rtcp_endpoint(const SessionDescription& session, const Media& media);

}  // namespace parley::sdp
