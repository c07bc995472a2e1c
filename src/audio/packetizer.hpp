// From the call's 20 ms frames to packets of the length that the peer asked for.
#pragma once

#include "audio/codec.hpp"

#include <array>
#include <chrono>

namespace parley::audio {

/// Collects frames into packets of `ptime` (10 to 60 ms) and keeps the RTP timestamp. After each
/// push(), drain poll(). No allocation after construction.
class Packetizer {
 public:
  struct Packet {
    std::span<const std::byte> payload;  // valid until the next call
    std::uint32_t timestamp;             // ticks of rtp_clock() since the stream began; add your own offset
    bool marker;                         // the first one after silence (RFC 3551 §4.1)
  };

  /// A `ptime` that the codec cannot make becomes the next shorter one that it can.
  Packetizer(const CodecSpec& spec, std::chrono::milliseconds ptime);

  /// 20 ms to send. The frame has the rate of the spec.
  void push(const Frame& frame);
  /// 20 ms in which nothing is sent: time goes on, a half-full packet is completed with silence.
  void skip();
  std::optional<Packet> poll();

  std::chrono::milliseconds ptime() const { return ptime_; }
  Encoder& encoder() { return *encoder_; }

 private:
  std::unique_ptr<Encoder> encoder_;
  Rate rate_;
  std::chrono::milliseconds ptime_;
  std::uint32_t ticks_per_packet_;
  std::uint32_t ticks_per_frame_;
  std::size_t packet_samples_;
  std::array<std::int16_t, 6 * frame_size(Rate::wide)> pending_{};  // 60 ms, and the frame that overflows it
  std::size_t pending_size_ = 0;
  std::array<std::byte, max_payload_size> payload_{};
  std::uint32_t timestamp_ = 0;
  bool marker_ = true;
};

}  // namespace parley::audio
