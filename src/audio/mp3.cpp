#include "audio/mp3.hpp"

#include "audio/file/bytes.hpp"
#include "audio/resampler.hpp"
#include "audio/wav.hpp"
#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include <lame/lame.h>
#include <mpg123.h>

namespace parley::audio::mp3 {
namespace {

struct CloseDecoder {
  void operator()(mpg123_handle* handle) const { mpg123_delete(handle); }
};
using DecoderHandle = std::unique_ptr<mpg123_handle, CloseDecoder>;

struct CloseEncoder {
  void operator()(lame_global_flags* flags) const { lame_close(flags); }
};
using EncoderHandle = std::unique_ptr<lame_global_flags, CloseEncoder>;

DecoderHandle open_decoder() {
  mpg123_init();
  DecoderHandle handle{mpg123_new(nullptr, nullptr)};
  if (handle == nullptr) return nullptr;
  mpg123_param(handle.get(), MPG123_ADD_FLAGS, MPG123_MONO_MIX | MPG123_QUIET, 0);
  mpg123_format_none(handle.get());
  const long* rates = nullptr;
  std::size_t count = 0;
  mpg123_rates(&rates, &count);
  for (std::size_t i = 0; i < count; ++i) mpg123_format(handle.get(), rates[i], MPG123_MONO, MPG123_ENC_SIGNED_16);
  return mpg123_open_feed(handle.get()) == MPG123_OK ? std::move(handle) : nullptr;
}

/// What a recording's header says about the rest of it.
struct Recording {
  std::size_t channels;
  std::uint32_t rate_hz;
  std::uint64_t begin, size;  // of the samples, in bytes
};

std::optional<Recording> examine(std::FILE* file, std::uint64_t length) {
  std::array<std::byte, 4'096> front;
  const std::size_t size = std::fread(front.data(), 1, front.size(), file);
  const auto layout = wav::parse(std::span{front}.first(size));
  if (!layout || layout->encoding != wav::Layout::Encoding::signed16 || layout->channels > 2) return std::nullopt;
  const auto begin = static_cast<std::size_t>(layout->data.data() - front.data());
  const std::uint32_t declared = std::byteswap(ByteReader{std::span{front}.subspan(begin - 4)}.u32());
  const std::uint64_t rest = length - begin;
  return Recording{layout->channels, layout->rate_hz, begin,
                   declared == 0 ? rest : std::min<std::uint64_t>(rest, declared)};
}

EncoderHandle open_encoder(const Recording& recording, int kilobits_per_second) {
  EncoderHandle lame{lame_init()};
  if (lame == nullptr) return nullptr;
  lame_set_in_samplerate(lame.get(), static_cast<int>(recording.rate_hz));
  lame_set_num_channels(lame.get(), static_cast<int>(recording.channels));
  // Two people, not a sound stage: each channel by itself.
  lame_set_mode(lame.get(), recording.channels == 2 ? STEREO : MONO);
  lame_set_brate(lame.get(), kilobits_per_second);
  lame_set_quality(lame.get(), 7);
  lame_set_bWriteVbrTag(lame.get(), 0);
  return lame_init_params(lame.get()) >= 0 ? std::move(lame) : nullptr;
}

/// One buffer's worth after the other; false when a byte could not be written.
Result<void, Error> encode(std::FILE* in, std::FILE* out, const Recording& recording, lame_global_flags* lame) {
  const std::size_t block = 2 * recording.channels;
  std::vector<std::int16_t> pcm(recording.rate_hz * recording.channels);
  std::vector<unsigned char> encoded(recording.rate_hz * 5 / 4 + 7'200);  // the bound that lame.h names
  const auto write = [&](int size) {
    return size >= 0 &&
           std::fwrite(encoded.data(), 1, static_cast<std::size_t>(size), out) == static_cast<std::size_t>(size);
  };
  if (std::fseek(in, static_cast<long>(recording.begin), SEEK_SET) != 0) return std::unexpected(Error::cannot_open);
  for (std::uint64_t left = recording.size / block; left > 0;) {
    const std::size_t wanted = std::min<std::uint64_t>(left, recording.rate_hz);
    const std::size_t blocks = std::fread(pcm.data(), block, wanted, in);
    if (blocks == 0) break;
    left -= blocks;
    const int size = recording.channels == 2
                         ? lame_encode_buffer_interleaved(lame, pcm.data(), static_cast<int>(blocks), encoded.data(),
                                                          static_cast<int>(encoded.size()))
                         : lame_encode_buffer(lame, pcm.data(), nullptr, static_cast<int>(blocks), encoded.data(),
                                              static_cast<int>(encoded.size()));
    if (size < 0) return std::unexpected(Error::cannot_encode);
    if (!write(size)) return std::unexpected(Error::cannot_write);
  }
  if (!write(lame_encode_flush(lame, encoded.data(), static_cast<int>(encoded.size()))))
    return std::unexpected(Error::cannot_write);
  return {};
}

}  // namespace

std::string_view to_string(Error error) {
  switch (error) {
    case Error::cannot_open: return "the file cannot be opened or read";
    case Error::too_large: return "the file is too large";
    case Error::not_mp3: return "no MP3 sound in it";
    case Error::cannot_encode: return "the sound cannot be encoded as MP3";
    case Error::cannot_write: return "the file cannot be written";
  }
  return "unknown error";
}

Result<std::vector<std::int16_t>, Error> decode(std::span<const std::byte> file, std::uint32_t rate_hz) {
  if (file.size() > max_file_size) return std::unexpected(Error::too_large);
  const DecoderHandle handle = open_decoder();
  if (handle == nullptr) return std::unexpected(Error::not_mp3);

  std::vector<std::int16_t> whole, part;  // `part` is what has the present rate
  long part_hz = 0;
  const auto finish_part = [&] {
    if (part_hz > 0) {
      const auto converted = resample(part, static_cast<std::uint32_t>(part_hz), rate_hz);
      whole.insert(whole.end(), converted.begin(), converted.end());
    }
    part.clear();
  };
  const std::size_t most = max_seconds * rate_hz;
  std::array<std::int16_t, 8'192> block;
  constexpr std::size_t piece = 16'384;
  while (whole.size() < most &&
         part.size() < max_seconds * static_cast<std::size_t>(std::max(part_hz, 1l)) + block.size()) {
    std::size_t got = 0;
    const int outcome = mpg123_read(handle.get(), reinterpret_cast<unsigned char*>(block.data()), sizeof block, &got);
    part.insert(part.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got / 2));
    if (outcome == MPG123_NEW_FORMAT) {
      finish_part();
      int channels = 0, encoding = 0;
      mpg123_getformat(handle.get(), &part_hz, &channels, &encoding);
    } else if (outcome == MPG123_NEED_MORE) {
      if (file.empty()) break;
      const auto next = file.first(std::min(piece, file.size()));
      if (mpg123_feed(handle.get(), reinterpret_cast<const unsigned char*>(next.data()), next.size()) != MPG123_OK)
        break;
      file = file.subspan(next.size());
    } else if (outcome != MPG123_OK) {
      break;  // the end, or damage that it found no way past: what came before is good
    }
  }
  finish_part();
  if (whole.empty()) return std::unexpected(Error::not_mp3);
  whole.resize(std::min(whole.size(), most));
  return whole;
}

Result<std::vector<std::int16_t>, Error> read(const std::filesystem::path& path, std::uint32_t rate_hz) {
  const auto bytes = read_file(path, max_file_size);
  if (!bytes) return std::unexpected(bytes.error() == FileError::too_large ? Error::too_large : Error::cannot_open);
  return decode(*bytes, rate_hz);
}

Result<void, Error> encode_wav(const std::filesystem::path& wav, const std::filesystem::path& mp3,
                               int kilobits_per_second) {
  std::error_code error;
  const File in = open_file(wav, "rb");
  const std::uint64_t length = std::filesystem::file_size(wav, error);
  if (in == nullptr || error) return std::unexpected(Error::cannot_open);
  const auto recording = examine(in.get(), length);
  if (!recording) return std::unexpected(Error::cannot_encode);
  const EncoderHandle lame = open_encoder(*recording, kilobits_per_second);
  if (lame == nullptr) return std::unexpected(Error::cannot_encode);

  // Under its name only when it is whole: a reader never sees half of it.
  std::filesystem::path unfinished = mp3;
  unfinished += ".part";
  File out = open_file(unfinished, "wb");
  if (out == nullptr) return std::unexpected(Error::cannot_write);
  Result<void, Error> outcome = encode(in.get(), out.get(), *recording, lame.get());
  if (std::fclose(out.release()) != 0 && outcome) outcome = std::unexpected(Error::cannot_write);
  if (outcome) std::filesystem::rename(unfinished, mp3, error);
  if (outcome && error) outcome = std::unexpected(Error::cannot_write);
  if (!outcome) std::filesystem::remove(unfinished, error);
  return outcome;
}

}  // namespace parley::audio::mp3
