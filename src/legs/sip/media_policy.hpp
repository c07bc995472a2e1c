// Whether a call's media is protected, and by what.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "protocol/sdp/offer_answer.hpp"
#include "protocol/sip/flow.hpp"

namespace parley::legs {

enum class SrtpPolicy : std::uint8_t {
  off,       // plain RTP only
  optional,  // SRTP with whoever has it
  required,  // no call without
};

/// Of one call: what is asked for, and whether its signalling is safe enough for keys in descriptions. DTLS needs no
/// secret in them, only descriptions that nobody forges.
struct MediaPolicy {
  SrtpPolicy srtp = SrtpPolicy::optional;
  bool keys_allowed = false;

  sdp::Sdes sdes() const {
    if (srtp == SrtpPolicy::off || !keys_allowed) return sdp::Sdes::off;
    return srtp == SrtpPolicy::required ? sdp::Sdes::required : sdp::Sdes::optional;
  }
};

/// Of the whole program.
struct MediaPolicies {
  SrtpPolicy srtp = SrtpPolicy::optional;
  std::array<std::optional<SrtpPolicy>, sip::transport_count> by_transport{};  // where listeners differ
  bool keys_in_clear = false;  // keys in descriptions although the signalling is not encrypted

  /// `peer`: what is configured for the trunk or the agent; nothing: what is for the transport.
  MediaPolicy of(sip::Transport transport, std::optional<SrtpPolicy> peer) const {
    const auto listener = by_transport[static_cast<std::size_t>(transport)].value_or(srtp);
    return {peer.value_or(listener), keys_in_clear || sip::is_secure(transport)};
  }
};

}  // namespace parley::legs
