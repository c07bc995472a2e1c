// Loudness of a frame.
#pragma once

#include <cstdint>
#include <span>

namespace parley::audio {

/// Loudness of one frame on the scale of the audio-level RTP header extension.
///
/// Shape   20 ms of mono at the call's rate: 160 or 320 samples. Empty is the caller's bug:
/// asserts. Units   int16 full scale; the result is in dBov, −127 (or quieter) to 0; a full-scale
/// sine is −3. Errors  none. Cost    one pass, no allocation, no state. Source  RFC 6464 §3; the
/// wire carries the value without its minus sign.
int level_dbov(std::span<const std::int16_t> frame);

}  // namespace parley::audio
