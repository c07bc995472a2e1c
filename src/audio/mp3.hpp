// MP3: music and prompts in, finished recordings out. Never in the tick.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace parley::audio::mp3 {

enum class Error : std::uint8_t { cannot_open, too_large, not_mp3, cannot_encode, cannot_write };
std::string_view to_string(Error error);

constexpr std::size_t max_file_size = 64u << 20;
constexpr std::size_t max_seconds = 3'600;

/// One mono int16 at `rate_hz`, as wav::decode(). What follows an hour is left out.
Result<std::vector<std::int16_t>, Error> decode(std::span<const std::byte> file, std::uint32_t rate_hz);
Result<std::vector<std::int16_t>, Error> read(const std::filesystem::path& path, std::uint32_t rate_hz);

/// Encodes a finished recording (16-bit PCM WAV, mono or stereo), in pieces of a second: memory
/// does not grow with its length. Runs for about a second per hundred seconds: a job for the files
/// pool.
Result<void, Error> encode_wav(const std::filesystem::path& wav, const std::filesystem::path& mp3,
                               int kilobits_per_second = 48);

}  // namespace parley::audio::mp3
