#include "legs/sip/peer_media.hpp"

namespace parley::legs {
namespace {

constexpr Duration wait_for_bye = 2s;

}  // namespace

Result<void, SdpRefusal> PeerMedia::take_offer(std::string_view offer, TimePoint) {
  auto answer = endpoint_.answer(*peer_, std::string{offer});
  if (!answer) return std::unexpected(SdpRefusal{std::move(answer.error().detail)});
  local_ = std::move(*answer);
  return {};
}

std::string PeerMedia::make_offer() {
  local_ = endpoint_.make_offer(*peer_);
  return local_;
}

Result<void, SdpRefusal> PeerMedia::take_answer(std::string_view answer, TimePoint) {
  auto taken = endpoint_.accept(*peer_, std::string{answer});
  if (!taken) return std::unexpected(SdpRefusal{std::move(taken.error().detail)});
  return {};
}

std::optional<call::EndCause> PeerMedia::ended() const {
  const auto& ended = peer_->ended();
  if (!ended) return std::nullopt;
  switch (ended->reason) {
    // A browser closes its peer connection beside its BYE, which says more.
    case WebRtcTransport::EndReason::closed:
      if (now_ - ended->at < wait_for_bye) return std::nullopt;
      return call::EndCause::caller_hangup;
    case WebRtcTransport::EndReason::consent: return call::EndCause::media_timeout;
    case WebRtcTransport::EndReason::not_connected:
    case WebRtcTransport::EndReason::fingerprint:
    case WebRtcTransport::EndReason::handshake: break;
  }
  return call::EndCause::failed;
}

GuardedPort::Counters PeerMedia::refused() const {
  if (peer_->negotiating()) return {};
  const auto drops = peer_->drops();
  return {.forged = drops[Drop::srtp_forged] + drops[Drop::srtp_malformed],
          .replayed = drops[Drop::srtp_replayed],
          .early = drops[Drop::srtp_early]};
}

}  // namespace parley::legs
