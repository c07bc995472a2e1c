// How a leg sounds, guessed from loss, jitter and delay.
#pragma once

#include "base/time.hpp"

namespace parley::rtp {

/// How much a codec suffers (ITU-T G.113 Appendix I).
struct CodecImpairment {
  double equipment = 0;         // Ie: the codec itself
  double loss_robustness = 25;  // Bpl: G.711 with concealment 25.1, without 4.3
};

struct QualityInput {
  double loss = 0;    // 0 to 1, after late packets were given up
  Duration jitter{};  // interarrival jitter of RFC 3550
  Duration round_trip{};
  Duration packet_time = 20ms;
  CodecImpairment codec{};
};

/// Transmission rating R, 0 to 100, by the simplified E-model of ITU-T G.107: all defaults
/// (R0 93.2), so only delay and loss take away. Loss counts as random (BurstR 1), echo as
/// cancelled, and the jitter buffer as twice the jitter, since the sender's end is not ours to see.
double transmission_rating(const QualityInput& input);

/// MOS-CQ, 1.0 to 4.5, from R by G.107 Annex B.
double mos(double rating);

}  // namespace parley::rtp
