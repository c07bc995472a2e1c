#include "audio/wav.hpp"

#include "audio/codec/g711.hpp"
#include "audio/file/bytes.hpp"
#include "audio/resampler.hpp"
#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

namespace parley::audio::wav {
namespace {

using Encoding = Layout::Encoding;

constexpr std::uint16_t tag_pcm = 1, tag_float = 3, tag_alaw = 6, tag_mulaw = 7, tag_extensible = 0xFFFE;

/// Takes little-endian fields off the front; past the end it yields zeros.
class LittleReader {
 public:
  explicit LittleReader(std::span<const std::byte> bytes) : in_{bytes} {}
  std::uint16_t u16() { return std::byteswap(in_.u16()); }
  std::uint32_t u32() { return std::byteswap(in_.u32()); }
  std::string_view tag() { return as_text(in_.take(4)); }
  void skip(std::size_t size) { in_.skip(size); }
  std::span<const std::byte> rest() const { return in_.rest(); }

 private:
  ByteReader in_;
};

struct Format {
  Encoding encoding;
  std::uint16_t channels;
  std::uint32_t rate_hz;
};

constexpr std::size_t sample_size(Encoding encoding) {
  switch (encoding) {
    case Encoding::unsigned8:
    case Encoding::alaw:
    case Encoding::mulaw: return 1;
    case Encoding::signed16: return 2;
    case Encoding::signed24: return 3;
    case Encoding::signed32:
    case Encoding::float32: return 4;
    case Encoding::float64: return 8;
  }
  PARLEY_ASSERT(false);
}

std::optional<Encoding> encoding_of(std::uint16_t tag, std::uint16_t bits) {
  if (tag == tag_alaw) return Encoding::alaw;
  if (tag == tag_mulaw) return Encoding::mulaw;
  if (tag == tag_float && bits == 32) return Encoding::float32;
  if (tag == tag_float && bits == 64) return Encoding::float64;
  if (tag != tag_pcm || bits == 0 || bits > 32) return std::nullopt;
  // 12 or 20 bits lie in the next whole number of bytes, to the left.
  constexpr Encoding by_bytes[]{Encoding::unsigned8, Encoding::signed16, Encoding::signed24, Encoding::signed32};
  return by_bytes[(bits - 1) / 8];
}

Result<Format, Error> parse_format(std::span<const std::byte> chunk) {
  LittleReader in{chunk};
  std::uint16_t tag = in.u16();
  const std::uint16_t channels = in.u16();
  const std::uint32_t rate_hz = in.u32();
  in.skip(6);  // bytes per second and per block: they follow from the rest, and are often wrong
  const std::uint16_t bits = in.u16();
  if (chunk.size() < 16) return std::unexpected(Error::no_format);
  if (tag == tag_extensible) {
    if (chunk.size() < 40) return std::unexpected(Error::no_format);
    in.skip(8);      // size of the extension, valid bits, channel mask
    tag = in.u16();  // the GUID's first two bytes are the plain tag
  }
  const auto encoding = encoding_of(tag, bits);
  if (!encoding) return std::unexpected(Error::unsupported_format);
  if (channels == 0 || channels > max_channels) return std::unexpected(Error::bad_channels);
  if (rate_hz < min_rate_hz || rate_hz > max_rate_hz) return std::unexpected(Error::bad_rate);
  return Format{*encoding, channels, rate_hz};
}

std::uint32_t u32_at(const std::byte* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return value;  // every machine we build for is little-endian, as the file is
}
static_assert(std::endian::native == std::endian::little);

std::int16_t from_float(double value) {
  return std::isfinite(value) ? static_cast<std::int16_t>(std::lround(std::clamp(value, -1.0, 32767.0 / 32768) * 32768))
                              : std::int16_t{0};
}

std::int16_t sample_at(Encoding encoding, const std::byte* at) {
  const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(at[i]); };
  const auto top_two = [&](std::size_t low) { return static_cast<std::int16_t>(byte(low) | byte(low + 1) << 8); };
  switch (encoding) {
    case Encoding::unsigned8: return static_cast<std::int16_t>((static_cast<int>(byte(0)) - 128) * 256);
    case Encoding::signed16: return top_two(0);
    case Encoding::signed24: return top_two(1);
    case Encoding::signed32: return top_two(2);
    case Encoding::float32: return from_float(static_cast<double>(std::bit_cast<float>(u32_at(at))));
    case Encoding::float64:
      return from_float(std::bit_cast<double>(static_cast<std::uint64_t>(u32_at(at)) |
                                              static_cast<std::uint64_t>(u32_at(at + 4)) << 32));
    case Encoding::alaw: return g711::from_alaw(static_cast<std::uint8_t>(byte(0)));
    case Encoding::mulaw: return g711::from_mulaw(static_cast<std::uint8_t>(byte(0)));
  }
  PARLEY_ASSERT(false);
}

Error of(FileError error) { return error == FileError::too_large ? Error::too_large : Error::cannot_open; }

}  // namespace

std::string_view to_string(Error error) {
  switch (error) {
    case Error::cannot_open: return "the file cannot be opened or read";
    case Error::too_large: return "the file is too large";
    case Error::not_wav: return "not a WAV file (no RIFF/WAVE at its front)";
    case Error::no_format: return "no usable fmt chunk before the data";
    case Error::unsupported_format: return "neither PCM, float, A-law nor mu-law samples";
    case Error::bad_channels: return "the number of channels is not between 1 and 32";
    case Error::bad_rate: return "the sample rate is not between 1 and 384 kHz";
    case Error::no_data: return "no samples in it";
    case Error::cannot_write: return "the file cannot be written";
  }
  return "unknown error";
}

Result<Layout, Error> parse(std::span<const std::byte> file) {
  LittleReader in{file};
  const std::string_view form = in.tag();
  in.skip(4);  // the size of it all: believed by nobody
  if ((form != "RIFF" && form != "RF64") || in.tag() != "WAVE") return std::unexpected(Error::not_wav);

  std::optional<Format> format;
  while (in.rest().size() >= 8) {
    const std::string_view id = in.tag();
    const std::uint32_t declared = in.u32();
    const std::size_t size = std::min<std::size_t>(declared, in.rest().size());
    if (id == "fmt ") {
      auto parsed = parse_format(in.rest().first(size));
      if (!parsed) return std::unexpected(parsed.error());
      format = *parsed;
    } else if (id == "data") {
      if (!format) return std::unexpected(Error::no_format);
      // Nought is what a recorder that never came to its end has left.
      const auto data = declared == 0 ? in.rest() : in.rest().first(size);
      const std::size_t block = sample_size(format->encoding) * format->channels;
      if (data.size() < block) return std::unexpected(Error::no_data);
      return Layout{format->encoding, format->channels, format->rate_hz, data.first(data.size() / block * block)};
    }
    in.skip(std::min(size + size % 2, in.rest().size()));  // chunks are padded to even sizes
  }
  return std::unexpected(format ? Error::no_data : Error::no_format);
}

Result<std::vector<std::int16_t>, Error> decode(std::span<const std::byte> file, std::uint32_t rate_hz) {
  const auto layout = parse(file);
  if (!layout) return std::unexpected(layout.error());
  const std::size_t step = sample_size(layout->encoding), block = step * layout->channels;
  const std::size_t count = std::min(layout->data.size() / block, max_seconds * std::size_t{layout->rate_hz});
  std::vector<std::int16_t> mono(count);
  const std::byte* at = layout->data.data();
  for (std::int16_t& sample : mono) {
    int sum = 0;
    for (std::size_t channel = 0; channel < layout->channels; ++channel, at += step)
      sum += sample_at(layout->encoding, at);
    sample = static_cast<std::int16_t>(sum / layout->channels);
  }
  return resample(mono, layout->rate_hz, rate_hz);
}

Result<std::vector<std::int16_t>, Error> read(const std::filesystem::path& path, std::uint32_t rate_hz) {
  const auto bytes = read_file(path, max_file_size);
  if (!bytes) return std::unexpected(of(bytes.error()));
  return decode(*bytes, rate_hz);
}

// --- recordings of ours ---

namespace {

//   0  "RIFF"  size of all that follows      12 "fmt "  16  PCM  channels  rate  bytes/s  block
//   bits 8  "WAVE"                                36 "data"  size of the samples
constexpr std::size_t riff_size_at = 4, channels_at = 22, data_at = 36, data_size_at = 40;

class LittleWriter {
 public:
  explicit LittleWriter(std::span<std::byte> out) : out_{out} {}
  void tag(std::string_view text) { out_.put(as_bytes(text)); }
  void u16(std::uint16_t value) { out_.u16(std::byteswap(value)); }
  void u32(std::uint32_t value) { out_.u32(std::byteswap(value)); }

 private:
  ByteWriter out_;
};

std::uint32_t clipped(std::uint64_t size) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(size, 0xFFFF'FFFF));
}

bool write_u32(std::FILE* file, std::size_t at, std::uint32_t value) {
  std::array<std::byte, 4> bytes;
  LittleWriter{bytes}.u32(value);
  return std::fseek(file, static_cast<long>(at), SEEK_SET) == 0 && std::fwrite(bytes.data(), 1, 4, file) == 4;
}

}  // namespace

std::array<std::byte, header_size> header(std::uint32_t rate_hz, std::uint16_t channels, std::uint64_t data_size) {
  std::array<std::byte, header_size> bytes;
  LittleWriter out{bytes};
  const auto block = static_cast<std::uint16_t>(2 * channels);
  out.tag("RIFF");
  out.u32(clipped(data_size + header_size - 8));
  out.tag("WAVE");
  out.tag("fmt ");
  out.u32(16);
  out.u16(tag_pcm);
  out.u16(channels);
  out.u32(rate_hz);
  out.u32(rate_hz * block);
  out.u16(block);
  out.u16(16);
  out.tag("data");
  out.u32(clipped(data_size));
  return bytes;
}

Result<std::uint64_t, Error> repair(const std::filesystem::path& path) {
  File file = open_file(path, "r+b");
  if (file == nullptr) return std::unexpected(Error::cannot_open);
  std::array<std::byte, header_size> front;
  const bool whole = std::fread(front.data(), 1, front.size(), file.get()) == front.size();
  if (!whole || as_text(std::span{front}.first(4)) != "RIFF" || as_text(std::span{front}.subspan(8, 8)) != "WAVEfmt " ||
      as_text(std::span{front}.subspan(data_at, 4)) != "data")
    return std::unexpected(Error::not_wav);
  const std::size_t block = 2 * (std::to_integer<std::size_t>(front[channels_at]) |
                                 std::to_integer<std::size_t>(front[channels_at + 1]) << 8);
  if (block == 0) return std::unexpected(Error::bad_channels);

  std::error_code error;
  const std::uint64_t length = std::filesystem::file_size(path, error);
  if (error) return std::unexpected(Error::cannot_open);
  const std::uint64_t samples = (length - header_size) / block * block;
  const bool written = write_u32(file.get(), riff_size_at, clipped(samples + header_size - 8)) &&
                       write_u32(file.get(), data_size_at, clipped(samples));
  if (!written || std::fclose(file.release()) != 0) return std::unexpected(Error::cannot_write);
  std::filesystem::resize_file(path, header_size + samples, error);
  if (error) return std::unexpected(Error::cannot_write);
  return samples;
}

}  // namespace parley::audio::wav
