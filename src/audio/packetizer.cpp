#include "audio/packetizer.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace parley::audio {
namespace {

std::chrono::milliseconds possible(CodecName codec, std::chrono::milliseconds ptime) {
  const auto tens = std::clamp<std::int64_t>(ptime.count() / 10, 1, 6);
  if (codec != CodecName::opus) return std::chrono::milliseconds{tens * 10};
  constexpr std::int64_t opus_tens[]{1, 1, 2, 2, 4, 4, 6};  // 30 and 50 ms are no Opus frames
  return std::chrono::milliseconds{opus_tens[tens] * 10};
}

}  // namespace

Packetizer::Packetizer(const CodecSpec& spec, std::chrono::milliseconds ptime)
    : encoder_{make_encoder(spec)},
      rate_{spec.rate},
      ptime_{possible(spec.name, ptime)},
      ticks_per_packet_{
          static_cast<std::uint32_t>(rtp_clock(spec.name) / 1000 * static_cast<std::uint32_t>(ptime_.count()))},
      ticks_per_frame_{rtp_clock(spec.name) / 50},
      packet_samples_{hertz(spec.rate) / 1000 * static_cast<std::size_t>(ptime_.count())} {}

void Packetizer::push(const Frame& frame) {
  PARLEY_ASSERT(frame.rate() == rate_);
  PARLEY_ASSERT(pending_size_ < packet_samples_);  // poll() was drained
  std::ranges::copy(frame.samples(), pending_.begin() + static_cast<std::ptrdiff_t>(pending_size_));
  pending_size_ += frame.samples().size();
}

void Packetizer::skip() {
  if (pending_size_ > 0) return push(Frame{rate_});  // what was said before the silence still goes out
  timestamp_ += ticks_per_frame_;
  marker_ = true;
}

std::optional<Packetizer::Packet> Packetizer::poll() {
  while (pending_size_ >= packet_samples_) {
    const std::size_t size = encoder_->encode(std::span{pending_}.first(packet_samples_), payload_);
    pending_size_ -= packet_samples_;
    std::copy_n(pending_.begin() + static_cast<std::ptrdiff_t>(packet_samples_), pending_size_, pending_.begin());
    const Packet packet{std::span{payload_}.first(size), timestamp_, marker_};
    timestamp_ += ticks_per_packet_;
    marker_ = size == 0;
    if (size > 0) return packet;
  }
  return std::nullopt;
}

}  // namespace parley::audio
