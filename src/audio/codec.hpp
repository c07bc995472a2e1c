// The four codecs a leg can speak, all with one face: bytes on the wire, PCM at the call's rate.
#pragma once

#include "audio/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace parley::audio {

enum class CodecName : std::uint8_t { pcmu, pcma, g722, opus };

/// The encoding name of the codec's media type, as `a=rtpmap` writes it: PCMU, PCMA, G722, opus.
std::string_view encoding_name(CodecName codec);
/// Knows the name in any case; nothing for a codec that we do not speak.
std::optional<CodecName> codec_named(std::string_view encoding_name);

/// What one second counts in RTP timestamps. Not always the sample rate: G.722 is sampled at
/// 16 kHz and counted at 8 (RFC 3551 §4.5.2), Opus is counted at 48 at any rate (RFC 7587 §4.1).
constexpr std::uint32_t rtp_clock(CodecName codec) { return codec == CodecName::opus ? 48'000 : 8'000; }

/// The rate that a call has when its first leg speaks this codec.
constexpr Rate natural_rate(CodecName codec) {
  return codec == CodecName::pcmu || codec == CodecName::pcma ? Rate::narrow : Rate::wide;
}

struct CodecSpec {
  CodecName name = CodecName::pcmu;
  Rate rate = Rate::narrow;  // the call's: the PCM side has it whatever the codec's own is
  // Only Opus listens to the rest.
  int bitrate = 24'000;  // bits per second, variable around it
  int complexity = 5;    // 0 to 10
  bool fec = true;       // send in-band forward error correction
  int expected_loss_percent = 5;
  bool dtx = false;  // send nothing in silence
};

constexpr std::size_t max_packet_ms = 120;  // what Opus allows; the others are decoded up to it too
/// Space that any decoded packet fits into, in samples.
constexpr std::size_t max_packet_samples(Rate rate) { return hertz(rate) / 1000 * max_packet_ms; }
/// Space that any encoded packet of ours fits into, in bytes.
constexpr std::size_t max_payload_size = 1'280;

/// Payloads of one stream in, PCM at the call's rate out. Keeps the codec's state and what it
/// needs to conceal, so every packet of a stream passes through the same decoder, in order.
///
/// Errors  none are thrown; a payload that cannot be decoded yields 0 samples and changes nothing.
/// Cost    no allocation after construction.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// How long the payload is when decoded, in samples at the call's rate; 0 when it is malformed
  /// or longer than max_packet_ms. Changes no state.
  virtual std::size_t duration(std::span<const std::byte> payload) const = 0;

  /// Decodes one payload of up to max_packet_ms, and yields the number of samples written to the
  /// front of `out`; 0 when it is malformed or does not fit.
  virtual std::size_t decode(std::span<const std::byte> payload, std::span<std::int16_t> out) = 0;

  /// Fills `out` with a guess at what was lost after the last packet. The guess fades to silence
  /// after about 60 ms of concealing in a row. Any size up to max_packet_ms.
  virtual void conceal(std::span<std::int16_t> out) = 0;

  /// Fills `out` with the packet before `next`, from the copy that `next` carries (Opus in-band
  /// FEC). False, and nothing done, when it carries none: conceal() instead.
  virtual bool decode_fec(std::span<const std::byte> next, std::span<std::int16_t> out) = 0;

  /// As newly made: for a new stream.
  virtual void reset() = 0;
};

/// PCM at the call's rate in, payloads out.
class Encoder {
 public:
  virtual ~Encoder() = default;

  /// Encodes one packet of 10 to 60 ms (Opus: 10, 20, 40 or 60) and yields the size written to the
  /// front of `out`. 0 when nothing need be sent (Opus DTX), or when the length is not possible.
  virtual std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::byte> out) = 0;

  /// What the peer's receiver reports say it loses: Opus spends that much more on FEC.
  virtual void expect_loss(int percent) = 0;
};

std::unique_ptr<Decoder> make_decoder(const CodecSpec& spec);
std::unique_ptr<Encoder> make_encoder(const CodecSpec& spec);

}  // namespace parley::audio
