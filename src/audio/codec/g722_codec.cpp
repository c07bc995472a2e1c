#include "audio/codec/codecs.hpp"
#include "audio/codec/concealer.hpp"

#include <spandsp/telephony.h>  // the others lean on it

#include <spandsp/g722.h>

namespace parley::audio {
namespace {

constexpr int bits_per_second = 64'000;
constexpr std::size_t max_bytes = bits_per_second / 8 / 1000 * max_packet_ms;

// In an 8 kHz call only the lower band is decoded or made (§3 of G.722 splits at 4 kHz), which is
// cheaper than resampling and as good.
int options(Rate rate) { return rate == Rate::narrow ? G722_SAMPLE_RATE_8000 : 0; }

class G722Decoder final : public Decoder {
 public:
  explicit G722Decoder(Rate rate)
      : rate_{rate}, state_{g722_decode_init(nullptr, bits_per_second, options(rate))}, concealer_{rate} {}

  std::size_t duration(std::span<const std::byte> payload) const override {
    return payload.size() > max_bytes ? 0 : payload.size() * (rate_ == Rate::wide ? 2 : 1);
  }

  std::size_t decode(std::span<const std::byte> payload, std::span<std::int16_t> out) override {
    const std::size_t samples = duration(payload);
    if (samples == 0 || samples > out.size()) return 0;
    g722_decode(state_.get(), out.data(), reinterpret_cast<const std::uint8_t*>(payload.data()),
                static_cast<int>(payload.size()));
    concealer_.received(out.first(samples));
    return samples;
  }

  void conceal(std::span<std::int16_t> out) override { concealer_.conceal(out); }
  bool decode_fec(std::span<const std::byte>, std::span<std::int16_t>) override { return false; }

  void reset() override {
    g722_decode_init(state_.get(), bits_per_second, options(rate_));
    concealer_.reset();
  }

 private:
  struct Free {
    void operator()(g722_decode_state_t* state) const { g722_decode_free(state); }
  };

  Rate rate_;
  std::unique_ptr<g722_decode_state_t, Free> state_;
  Concealer concealer_;
};

class G722Encoder final : public Encoder {
 public:
  explicit G722Encoder(Rate rate) : rate_{rate}, state_{g722_encode_init(nullptr, bits_per_second, options(rate))} {}

  std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::byte> out) override {
    const std::size_t scale = rate_ == Rate::wide ? 2 : 1;
    const std::size_t size = pcm.size() / scale;
    if (pcm.size() % scale != 0 || size > out.size() || size > max_bytes) return 0;
    return static_cast<std::size_t>(g722_encode(state_.get(), reinterpret_cast<std::uint8_t*>(out.data()), pcm.data(),
                                                static_cast<int>(pcm.size())));
  }

  void expect_loss(int) override {}

 private:
  struct Free {
    void operator()(g722_encode_state_t* state) const { g722_encode_free(state); }
  };

  Rate rate_;
  std::unique_ptr<g722_encode_state_t, Free> state_;
};

}  // namespace

std::unique_ptr<Decoder> make_g722_decoder(Rate rate) { return std::make_unique<G722Decoder>(rate); }
std::unique_ptr<Encoder> make_g722_encoder(Rate rate) { return std::make_unique<G722Encoder>(rate); }

}  // namespace parley::audio
