#include "legs/webrtc/drops.hpp"

namespace parley::legs {

std::string_view name(Drop drop) {
  switch (drop) {
    case Drop::no_session: return "no_session";
    case Drop::unchecked_path: return "unchecked_path";
    case Drop::truncated: return "truncated";
    case Drop::unknown: return "unknown";
    case Drop::stun_malformed: return "stun_malformed";
    case Drop::stun_unauthorized: return "stun_unauthorized";
    case Drop::stun_refused: return "stun_refused";
    case Drop::stun_unasked: return "stun_unasked";
    case Drop::stun_over_rate: return "stun_over_rate";
    case Drop::stun_late: return "stun_late";
    case Drop::dtls: return "dtls";
    case Drop::srtp_early: return "srtp_early";
    case Drop::srtp_forged: return "srtp_forged";
    case Drop::srtp_replayed: return "srtp_replayed";
    case Drop::srtp_malformed: return "srtp_malformed";
    case Drop::tcp_refused: return "tcp_refused";
    case Drop::tcp_framing: return "tcp_framing";
    case Drop::tcp_behind: return "tcp_behind";
    case Drop::not_sent: return "not_sent";
    case Drop::count: break;
  }
  return "";
}

}  // namespace parley::legs
