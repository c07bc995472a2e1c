// Offer and answer for one leg (RFC 3264), from SDP text to what the media needs to know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audio/codec.hpp"
#include "base/endpoint.hpp"
#include "base/result.hpp"
#include "legs/media/rtp_media.hpp"
#include "protocol/sdp/offer_answer.hpp"

namespace parley::legs {

/// Why a description cannot be taken: for the 488 and its Warning (RFC 3261 §20.43).
struct SdpRefusal {
  std::string reason;  // names the line
};

/// The rate of the codec that an answer to `offer` would choose, before there is a call to choose it
/// for; narrow when none is understood.
audio::Rate rate_of_offer(std::string_view offer, const std::vector<audio::CodecName>& codecs);

/// Keeps the local description of one leg, its version and its place in the exchange. Without
/// network: the caller names our address and port.
class Negotiation {
 public:
  struct Config {
    std::vector<audio::CodecName> codecs;  // best first, for our own offers
    std::uint64_t session_id = 0;          // of the o= line
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

 private:
  sdp::Local ours_;
  std::optional<sdp::SessionDescription> local_;
};

}  // namespace parley::legs
