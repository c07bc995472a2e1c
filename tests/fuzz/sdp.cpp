// SDP: what parses is written and parses to the same; an answer fits its offer and is itself well formed.
#include "property.hpp"
#include "protocol/sdp/offer_answer.hpp"

using namespace parley;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto offer = sdp::SessionDescription::parse(fuzz::text_of(data, size));
  if (!offer) {
    require(offer.error().line <= size + 1);
    return 0;
  }
  const auto text = offer->to_string();
  const auto again = sdp::SessionDescription::parse(text);
  if (!again) require(again.error().error == sdp::ParseError::too_large);  // line ends were one byte, now two
  else require(*again == *offer);

  for (const auto& media : offer->media)
    for (const auto value : media.attributes.values("crypto"))
      if (const auto crypto = sdp::Crypto::parse(value))
        require(sdp::Crypto::parse(crypto->to_string()).value() == *crypto);
  const auto blanked = sdp::blank_keys(text);
  require(sdp::blank_keys(blanked) == blanked);

  sdp::Local local;
  local.rtp = {IpAddress::loopback(), 4000};
  local.protocols = {"RTP/AVP", "RTP/SAVPF", "RTP/SAVP"};
  local.sdes = sdp::Sdes::optional;
  for (const auto profile : {srtp::Profile::aes128_cm_sha1_80, srtp::Profile::aead_aes_256_gcm})
    local.crypto.push_back({.tag = 1, .profile = profile, .keys = {{}}, .session_parameters = {}});
  local.single_codec = false;
  const auto answer = sdp::answer(*offer, local);
  if (!answer) return 0;
  require(answer->description.media.size() == offer->media.size());
  require(!answer->negotiated.codecs.empty());
  const auto read = sdp::SessionDescription::parse(answer->description.to_string());
  require(read && *read == answer->description);
  require(sdp::answer(*offer, local, &answer->description)->description == answer->description);
  (void)sdp::accept_answer(*offer, answer->description);
  (void)sdp::make_offer(local, &answer->description);
  (void)sdp::OpusParameters::parse(answer->negotiated.codecs.front().fmtp);
  return 0;
}
