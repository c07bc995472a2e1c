// Offer and answer for one leg (RFC 3264), from SDP text to what the media needs to know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audio/codec.hpp"
#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "legs/media/guarded_port.hpp"
#include "legs/media/rtp_media.hpp"
#include "protocol/sdp/offer_answer.hpp"

namespace parley::legs {

/// Why a description cannot be taken: for the 488 and its Warning (RFC 3261 §20.43).
struct SdpRefusal {
  std::string reason;  // names the line
};

/// How a description wants its audio carried.
enum class MediaKind : std::uint8_t {
  rtp,     // RTP/AVP and RTP/SAVP: plain, or with keys in the description
  dtls,    // UDP/TLS/RTP/SAVP without ICE: telephones
  webrtc,  // with ICE: browsers
};
/// By its first audio section that is not disabled; rtp when there is none.
MediaKind kind_of_offer(std::string_view offer);

/// The rate of the codec that an answer to `offer` would choose, before there is a call to choose it
/// for; narrow when none is understood.
audio::Rate rate_of_offer(std::string_view offer, const std::vector<audio::CodecName>& codecs);

/// Keeps the local description of one leg, its version, its keys and its place in the exchange. Without
/// network: the caller names our address and port.
class Negotiation {
 public:
  struct Config {
    std::vector<audio::CodecName> codecs;  // best first, for our own offers
    std::uint64_t session_id = 0;          // of the o= line
    sdp::Sdes sdes = sdp::Sdes::off;
    Random* random = nullptr;  // of keys; where there may be some
    /// Ours, for DTLS-SRTP instead.
    std::optional<dtls::Fingerprint> fingerprint{};
  };

  explicit Negotiation(const Config& config);

  /// The far end offers. The media is as after our answer, which local() then is.
  Result<MediaParameters, SdpRefusal> answer(std::string_view offer, const Endpoint& local);
  /// We offer: everything we speak the first time, later what is in use as well.
  std::string offer(const Endpoint& local);
  /// The far end answers our last offer.
  Result<MediaParameters, SdpRefusal> accept(std::string_view answer);

  /// Our last description.
  std::string local() const { return local_ ? local_->to_string() : std::string{}; }
  /// What was agreed on last.
  const Protection& protection() const { return protection_; }

 private:
  std::optional<SdpRefusal> take_dtls(const sdp::SessionDescription& theirs, std::size_t index, bool offered);
  void make_keys();

  sdp::Local ours_;
  Random* random_;
  std::optional<dtls::Fingerprint> fingerprint_;
  std::optional<sdp::SessionDescription> local_;
  Protection protection_;
};

}  // namespace parley::legs
