#include "track.hpp"

#include <array>
#include <fstream>
#include <stdexcept>

#include "audio/codec.hpp"
#include "audio/frame.hpp"
#include "audio/level.hpp"

namespace parley::load {
namespace {

// As Chromium encodes a voice.
constexpr audio::CodecSpec opus{.name = audio::CodecName::opus, .rate = audio::Rate::wide, .bitrate = 32'000};
constexpr std::size_t samples_each = audio::frame_size(audio::Rate::wide);

}  // namespace

Result<Track, audio::wav::Error> Track::read(const std::filesystem::path& file) {
  const auto samples = audio::wav::read(file, audio::hertz(audio::Rate::wide));
  if (!samples) return std::unexpected(samples.error());
  if (samples->size() < samples_each) return std::unexpected(audio::wav::Error::no_data);

  Track track;
  const auto encoder = audio::make_encoder(opus);
  std::array<std::byte, audio::max_payload_size> buffer;
  for (std::size_t at = 0; at + samples_each <= samples->size(); at += samples_each) {
    const auto frame = std::span{*samples}.subspan(at, samples_each);
    const auto size = static_cast<std::ptrdiff_t>(encoder->encode(frame, buffer));
    track.packets_.push_back({{buffer.begin(), buffer.begin() + size}, audio::level_dbov(frame)});
  }
  return track;
}

void Track::save_decoded(const std::filesystem::path& file) const {
  const auto decoder = audio::make_decoder(opus);
  std::vector<std::int16_t> samples(packets_.size() * samples_each);
  for (int round = 0; round < 2; ++round)  // the first leaves the decoder as every later one finds it
    for (std::size_t i = 0; i < packets_.size(); ++i)
      (void)decoder->decode(packets_[i].payload, std::span{samples}.subspan(i * samples_each, samples_each));

  const auto bytes = std::as_bytes(std::span{samples});
  const auto header = audio::wav::header(audio::hertz(audio::Rate::wide), 1, bytes.size());
  std::ofstream out{file, std::ios::binary};
  out.write(reinterpret_cast<const char*>(header.data()), static_cast<std::streamsize>(header.size()));
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace parley::load
