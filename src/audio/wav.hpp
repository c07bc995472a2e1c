// WAV files: reading whatever people upload, writing recordings, mending those a crash left.
#pragma once

#include "base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace parley::audio::wav {

enum class Error : std::uint8_t {
  cannot_open,
  too_large,           // more than the limits below allow
  not_wav,             // no RIFF/WAVE at its front
  no_format,           // no usable fmt chunk before the data
  unsupported_format,  // neither PCM, float, A-law nor µ-law
  bad_channels,
  bad_rate,
  no_data,  // no data chunk, or an empty one
  cannot_write,
};
std::string_view to_string(Error error);

constexpr std::size_t max_file_size = 256u << 20;
constexpr std::size_t max_seconds = 3'600;  // what follows an hour is left out
constexpr std::size_t max_channels = 32;
constexpr std::uint32_t min_rate_hz = 1'000;
constexpr std::uint32_t max_rate_hz = 384'000;

/// What the header says, and where the samples are. `data` views the bytes that were parsed.
struct Layout {
  enum class Encoding : std::uint8_t { unsigned8, signed16, signed24, signed32, float32, float64, alaw, mulaw };
  Encoding encoding;
  std::uint16_t channels;
  std::uint32_t rate_hz;
  std::span<const std::byte> data;  // whole blocks only
};

/// Reads the chunks. Sizes that go past the end (a stream that was never finished, a huge declared
/// size) mean "up to the end"; unknown chunks are skipped. Allocates nothing.
Result<Layout, Error> parse(std::span<const std::byte> file);

/// All channels averaged into one, at `rate_hz`.
Result<std::vector<std::int16_t>, Error> decode(std::span<const std::byte> file, std::uint32_t rate_hz);
Result<std::vector<std::int16_t>, Error> read(const std::filesystem::path& path, std::uint32_t rate_hz);

constexpr std::size_t header_size = 44;
/// The header of 16-bit PCM with `data_size` bytes of samples behind it. A recording that is still
/// being written has 0 there, which repair() sets right. Beyond 4 GiB the sizes stay at their
/// maximum.
std::array<std::byte, header_size> header(std::uint32_t rate_hz, std::uint16_t channels, std::uint64_t data_size);

/// Sets the sizes in the header of a recording of ours from the file's length, cut down to whole
/// blocks. Harmless on one that is right. Yields the bytes of samples in it.
Result<std::uint64_t, Error> repair(const std::filesystem::path& path);

}  // namespace parley::audio::wav
