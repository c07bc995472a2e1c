// Makes a synthesiser's sentence ready for a telephone.
#pragma once

#include <cstdint>
#include <vector>

namespace parley::providers::local {

/// Cuts silence off (at most 50 ms stay in front, 120 ms behind) and brings the speech to −20 dBov
/// RMS, less where its peaks would not fit. The level of what is spoken counts, not that of its
/// pauses. Silence stays as it is.
void polish(std::vector<std::int16_t>& samples, std::uint32_t rate_hz);

}  // namespace parley::providers::local
