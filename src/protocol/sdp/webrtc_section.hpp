// Reads what one audio section of a WebRTC description says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sdp/webrtc.hpp"

namespace parley::sdp::webrtc {

/// The URIs of RTP header extensions.
inline constexpr std::string_view mid_uri = "urn:ietf:params:rtp-hdrext:sdes:mid",
                                  audio_level_uri = "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                                  transport_cc_uri =
                                      "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// A section and the places where its transport attributes may stand: in it, in the first section of its BUNDLE group
/// (RFC 9143 §7.1.2: bundle-only sections leave them out), and at session level.
class Section {
 public:
  Section(const SessionDescription& session, std::size_t index);

  const Media& media() const { return media_; }
  /// The nearest of that name.
  const Attribute* find(std::string_view name) const;
  /// All of that name in the nearest place that has any.
  std::vector<const Attribute*> all(std::string_view name) const;
  bool bundled() const { return tagged_ != nullptr; }
  /// Port 0 means "none" unless the section is bundle-only.
  bool disabled() const;

 private:
  const SessionDescription& session_;
  const Media& media_;
  const Media* tagged_ = nullptr;  // of its BUNDLE group
};

/// The sections' mids of `a=group:BUNDLE`, the first such group that names `mid`; empty when there is none.
std::vector<std::string_view> bundle_of(const SessionDescription& session, std::string_view mid);

Refusal refusal(Refusal::Reason reason, const Media& media);
Refusal refusal(Refusal::Reason reason, const Attribute& attribute);
/// At most 200 bytes of a line.
std::string shown(std::string_view line);

/// Everything but the choice of codecs.
Result<Description, Refusal> read_section(const SessionDescription& session, std::size_t index);

/// The ids that a section of ours announces.
Extensions extensions_of(const Media& media);

/// Whether feedback of this kind is announced for the payload type, by its number or by `*` (RFC 4585 §4.2).
bool has_feedback(const Media& media, std::uint8_t payload_type, std::string_view kind);

}  // namespace parley::sdp::webrtc
