#include "audio/codec/codecs.hpp"
#include "audio/codec/concealer.hpp"
#include "audio/resampler.hpp"

#include <array>

namespace parley::audio {
namespace {

constexpr std::size_t native_hz = hertz(Rate::narrow);
constexpr std::size_t max_bytes = native_hz / 1000 * max_packet_ms;

class G711Decoder final : public Decoder {
 public:
  G711Decoder(g711::Law law, Rate rate)
      : law_{law}, scale_{hertz(rate) / native_hz}, resampler_{native_hz, hertz(rate)}, concealer_{rate} {}

  std::size_t duration(std::span<const std::byte> payload) const override {
    return payload.size() > max_bytes ? 0 : payload.size() * scale_;
  }

  std::size_t decode(std::span<const std::byte> payload, std::span<std::int16_t> out) override {
    const std::size_t samples = duration(payload);
    if (samples == 0 || samples > out.size()) return 0;
    const std::span native = std::span{native_}.first(payload.size());
    g711::decode(law_, payload, native);
    resampler_.process(native, out.first(samples));
    concealer_.received(out.first(samples));
    return samples;
  }

  void conceal(std::span<std::int16_t> out) override { concealer_.conceal(out); }
  bool decode_fec(std::span<const std::byte>, std::span<std::int16_t>) override { return false; }

  void reset() override {
    resampler_.reset();
    concealer_.reset();
  }

 private:
  g711::Law law_;
  std::size_t scale_;
  Resampler resampler_;
  Concealer concealer_;
  std::array<std::int16_t, max_bytes> native_;
};

class G711Encoder final : public Encoder {
 public:
  G711Encoder(g711::Law law, Rate rate)
      : law_{law}, scale_{hertz(rate) / native_hz}, resampler_{hertz(rate), native_hz} {}

  std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::byte> out) override {
    const std::size_t size = pcm.size() / scale_;
    if (pcm.size() % scale_ != 0 || size > std::min(max_bytes, out.size())) return 0;
    const std::span native = std::span{native_}.first(size);
    resampler_.process(pcm, native);
    g711::encode(law_, native, out.first(size));
    return size;
  }

  void expect_loss(int) override {}

 private:
  g711::Law law_;
  std::size_t scale_;
  Resampler resampler_;
  std::array<std::int16_t, max_bytes> native_;
};

}  // namespace

std::unique_ptr<Decoder> make_g711_decoder(g711::Law law, Rate rate) {
  return std::make_unique<G711Decoder>(law, rate);
}
std::unique_ptr<Encoder> make_g711_encoder(g711::Law law, Rate rate) {
  return std::make_unique<G711Encoder>(law, rate);
}

}  // namespace parley::audio
