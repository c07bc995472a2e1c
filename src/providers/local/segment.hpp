// What is done to an utterance around the model: cutting long ones, and not believing noise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace parley::providers::local {

/// Where to cut between `from` and `to`: the middle of the quietest 100 ms, where a pause is
/// likeliest. One pass; when the range is shorter than that, its end.
std::size_t quietest_point(std::span<const std::int16_t> samples, std::size_t from, std::size_t to,
                           std::uint32_t rate_hz);

/// Level of the loudest 100 ms in dBov (a full-scale sine is −3); −127 for silence or no samples.
int loudest_dbov(std::span<const std::int16_t> samples, std::uint32_t rate_hz);

/// The text as it is to be believed: trimmed, empty when nothing in it is a word, or when it is one
/// of the words that speech models write under noise ("You") and the sound was short and quiet.
std::string believable(std::string_view text, std::size_t samples, std::uint32_t rate_hz, int loudest_dbov);

}  // namespace parley::providers::local
