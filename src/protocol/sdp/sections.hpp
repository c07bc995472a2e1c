// What offers and answers of all kinds are put together from.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/sdp/offer_answer.hpp"

namespace parley::sdp {

inline constexpr std::string_view event_encoding = "telephone-event";
bool is_event(const Rtpmap& map);
/// The telephone-event of this clock.
std::optional<NegotiatedCodec> event_at(const Media& media, std::uint32_t clock);

/// The same section with port 0 and nothing else.
Media rejected(const Media& offered);
/// The place of the first audio section that is not disabled; the number of sections when there is none.
std::size_t index_of_audio(const SessionDescription& session);
void add_codec(Media& media, Rtpmap map, std::uint8_t payload_type, std::string_view fmtp);
/// The codecs of an answer to our offer, in the answer's order; no telephone events.
std::vector<NegotiatedCodec> answered_codecs(const Media& offered, const Media& answered);

/// RFC 3264 §8: the same origin, and a version one higher when anything else differs.
void count_version(SessionDescription& next, const SessionDescription* previous);

/// Payload types of a session never change their meaning (RFC 3264 §8.3.2).
class PayloadTypes {
 public:
  /// `used`: the section that an earlier description of ours had in this place, if any.
  explicit PayloadTypes(const Media* used);
  std::uint8_t choose(const Rtpmap& wish);

 private:
  const Media* used_;
  std::bitset<256> taken_;
};

}  // namespace parley::sdp
