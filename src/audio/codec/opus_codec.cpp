#include "audio/codec/codecs.hpp"
#include "base/assert.hpp"

#include <algorithm>
#include <array>

#include <opus/opus.h>

namespace parley::audio {
namespace {

const unsigned char* bytes_of(std::span<const std::byte> payload) {
  return reinterpret_cast<const unsigned char*>(payload.data());
}

/// Whether the packet carries a low-bit-rate copy of the one before: the LBRR flag that follows
/// the VAD flags at the front of its SILK part (RFC 6716 §4.2.3).
bool carries_fec(std::span<const std::byte> payload) {
  constexpr unsigned first_celt_only = 16;  // configuration number, the upper five bits of the TOC
  if (payload.empty() || std::to_integer<unsigned>(payload[0]) >> 3 >= first_celt_only) return false;
  const unsigned char* frames[48];
  opus_int16 sizes[48];
  const int count =
      opus_packet_parse(bytes_of(payload), static_cast<opus_int32>(payload.size()), nullptr, frames, sizes, nullptr);
  if (count <= 0 || sizes[0] == 0) return false;
  const int silk_frames = std::max(1, opus_packet_get_samples_per_frame(bytes_of(payload), 48'000) / 960);
  const bool mid = (frames[0][0] >> (7 - silk_frames) & 1) != 0;
  const bool stereo = opus_packet_get_nb_channels(bytes_of(payload)) == 2;
  return mid || (stereo && (frames[0][0] >> (6 - 2 * silk_frames) & 1) != 0);
}

class OpusDecoder final : public Decoder {
 public:
  explicit OpusDecoder(Rate rate) : rate_{rate} {
    int error = OPUS_OK;
    state_.reset(opus_decoder_create(static_cast<opus_int32>(hertz(rate)), 1, &error));
    PARLEY_ASSERT(error == OPUS_OK);
  }

  std::size_t duration(std::span<const std::byte> payload) const override {
    if (payload.empty() || payload.size() > max_bytes) return 0;
    const int samples = opus_packet_get_nb_samples(bytes_of(payload), static_cast<opus_int32>(payload.size()),
                                                   static_cast<opus_int32>(hertz(rate_)));
    return samples <= 0 ? 0 : static_cast<std::size_t>(samples);
  }

  std::size_t decode(std::span<const std::byte> payload, std::span<std::int16_t> out) override {
    const std::size_t samples = duration(payload);
    if (samples == 0 || samples > out.size()) return 0;
    const int decoded = opus_decode(state_.get(), bytes_of(payload), static_cast<opus_int32>(payload.size()),
                                    out.data(), static_cast<int>(out.size()), 0);
    if (decoded <= 0) return 0;
    run_ = 0;
    in_dtx_ = payload.size() <= 2;
    return static_cast<std::size_t>(decoded);
  }

  void conceal(std::span<std::int16_t> out) override {
    // libopus conceals multiples of 2.5 ms: make as many as it takes, in its largest piece or less.
    const std::size_t grain = hertz(rate_) / 400;
    while (!out.empty()) {
      const std::size_t wanted = std::min(out.size(), frame_size(rate_));
      if (run_ >= 2 * steady() && !in_dtx_) return void(std::ranges::fill(out, std::int16_t{0}));
      const std::size_t made = (wanted + grain - 1) / grain * grain;
      const int decoded = opus_decode(state_.get(), nullptr, 0, scratch_.data(), static_cast<int>(made), 0);
      const std::span guess = std::span{scratch_}.first(wanted);
      if (decoded <= 0) std::ranges::fill(guess, std::int16_t{0});
      fade(guess);
      std::ranges::copy(guess, out.begin());
      out = out.subspan(wanted);
    }
  }

  bool decode_fec(std::span<const std::byte> next, std::span<std::int16_t> out) override {
    const std::size_t grain = hertz(rate_) / 400;
    if (!carries_fec(next) || out.empty() || out.size() % grain != 0) return false;
    const int decoded = opus_decode(state_.get(), bytes_of(next), static_cast<opus_int32>(next.size()), out.data(),
                                    static_cast<int>(out.size()), 1);
    if (decoded != static_cast<int>(out.size())) return false;
    run_ = 0;
    return true;
  }

  void reset() override {
    opus_decoder_ctl(state_.get(), OPUS_RESET_STATE);
    run_ = 0;
    in_dtx_ = false;
  }

 private:
  static constexpr std::size_t max_bytes = 1'275 * 6;

  /// Full for 60 ms, gone after 120. In a DTX gap libopus makes comfort noise, which stays.
  void fade(std::span<std::int16_t> samples) {
    const auto length = static_cast<int>(steady());
    for (std::int16_t& sample : samples) {
      const int past = static_cast<int>(run_) - length;
      if (run_ < 2 * steady()) ++run_;
      if (in_dtx_ || past <= 0) continue;
      sample = static_cast<std::int16_t>(sample * std::max(length - past, 0) / length);
    }
  }
  std::size_t steady() const { return hertz(rate_) / 1000 * 60; }

  struct Free {
    void operator()(::OpusDecoder* state) const { opus_decoder_destroy(state); }
  };

  Rate rate_;
  std::unique_ptr<::OpusDecoder, Free> state_;
  std::size_t run_ = 0;  // samples concealed in a row
  bool in_dtx_ = false;
  std::array<std::int16_t, frame_size(Rate::wide)> scratch_;
};

class OpusEncoder final : public Encoder {
 public:
  explicit OpusEncoder(const CodecSpec& spec) : rate_{spec.rate} {
    int error = OPUS_OK;
    state_.reset(opus_encoder_create(static_cast<opus_int32>(hertz(rate_)), 1, OPUS_APPLICATION_VOIP, &error));
    PARLEY_ASSERT(error == OPUS_OK);
    opus_encoder_ctl(state_.get(), OPUS_SET_BITRATE(spec.bitrate));
    opus_encoder_ctl(state_.get(), OPUS_SET_COMPLEXITY(spec.complexity));
    opus_encoder_ctl(state_.get(), OPUS_SET_VBR(1));
    opus_encoder_ctl(state_.get(), OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(state_.get(), OPUS_SET_INBAND_FEC(spec.fec ? 1 : 0));
    opus_encoder_ctl(state_.get(), OPUS_SET_DTX(spec.dtx ? 1 : 0));
    expect_loss(spec.expected_loss_percent);
  }

  std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::byte> out) override {
    // Any other length, and libopus refuses it.
    const int size = opus_encode(state_.get(), pcm.data(), static_cast<int>(pcm.size()),
                                 reinterpret_cast<unsigned char*>(out.data()),
                                 static_cast<opus_int32>(std::min(out.size(), max_payload_size)));
    constexpr int nothing_to_send = 2;  // "up to two bytes need not be transmitted"
    return size <= nothing_to_send ? 0 : static_cast<std::size_t>(size);
  }

  void expect_loss(int percent) override {
    opus_encoder_ctl(state_.get(), OPUS_SET_PACKET_LOSS_PERC(std::clamp(percent, 0, 30)));
  }

 private:
  struct Free {
    void operator()(::OpusEncoder* state) const { opus_encoder_destroy(state); }
  };

  Rate rate_;
  std::unique_ptr<::OpusEncoder, Free> state_;
};

}  // namespace

std::unique_ptr<Decoder> make_opus_decoder(Rate rate) { return std::make_unique<OpusDecoder>(rate); }
std::unique_ptr<Encoder> make_opus_encoder(const CodecSpec& spec) { return std::make_unique<OpusEncoder>(spec); }

}  // namespace parley::audio
