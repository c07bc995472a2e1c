#include "audio/resampler.hpp"

#include "audio/dsp/halver.hpp"
#include "audio/testing/signals.hpp"

#include <gtest/gtest.h>

namespace parley::audio {
namespace {

using namespace testing;

struct Rates {
  std::uint32_t from, to;
};
class ResamplerBetween : public ::testing::TestWithParam<Rates> {};
INSTANTIATE_TEST_SUITE_P(Resampler, ResamplerBetween,
                         ::testing::Values(Rates{8'000, 16'000}, Rates{16'000, 8'000}, Rates{24'000, 8'000},
                                           Rates{24'000, 16'000}, Rates{16'000, 24'000}, Rates{48'000, 16'000},
                                           Rates{8'000, 48'000}, Rates{8'000, 8'000}, Rates{44'100, 16'000}));

std::vector<std::int16_t> tone(std::uint32_t rate_hz, double seconds) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(rate_hz * seconds));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::int16_t>(
        std::lround(8'000 * std::sin(2 * std::numbers::pi * 1'000 * static_cast<double>(i) / rate_hz)));
  return samples;
}

TEST_P(ResamplerBetween, ConvertsAWholeRecordingInPlaceAndLevel) {
  const auto [from, to] = GetParam();
  const auto converted = resample(tone(from, 1), from, to), wanted = tone(to, 1);

  ASSERT_EQ(converted.size(), wanted.size());
  EXPECT_GT(snr_db(std::span{wanted}.subspan(to / 10, to / 2), std::span{converted}.subspan(to / 10, to / 2)), 40);
}

TEST_P(ResamplerBetween, GivesTheSameInBlocksOfAnySize) {
  const auto [from, to] = GetParam();
  const auto sound = tone(from, 0.5);
  Resampler whole{from, to}, pieces{from, to};
  std::vector<std::int16_t> at_once(whole.output_bound(sound.size())), in_pieces(at_once.size() + 64);
  at_once.resize(whole.process(sound, at_once));
  std::size_t size = 0;
  std::size_t step = 1;
  for (std::span<const std::int16_t> rest{sound}; !rest.empty(); step = step * 7 % 311 + 1) {
    const auto block = rest.first(std::min(step, rest.size()));
    size += pieces.process(block, std::span{in_pieces}.subspan(size));
    rest = rest.subspan(block.size());
  }
  in_pieces.resize(size);

  EXPECT_EQ(in_pieces, at_once);
}

TEST(Resampler, GivesExactlyItsShareOfEveryFrame) {
  for (const auto [from, to] :
       {Rates{8'000, 16'000}, Rates{16'000, 8'000}, Rates{24'000, 8'000}, Rates{16'000, 48'000}}) {
    Resampler resampler{from, to};
    std::vector<std::int16_t> in(from / 50), out(resampler.output_bound(in.size()));
    for (int i = 0; i < 100; ++i) ASSERT_EQ(resampler.process(in, out), to / 50) << from << " to " << to;
  }
}

TEST(Resampler, SuppressesWhatTheLowerRateCannotHold) {
  std::vector<std::int16_t> high(48'000);
  for (std::size_t i = 0; i < high.size(); ++i)
    high[i] =
        static_cast<std::int16_t>(8'000 * std::sin(2 * std::numbers::pi * 6'000 * static_cast<double>(i) / 48'000));
  const auto low = resample(high, 48'000, 8'000);

  EXPECT_LT(energy(low) / static_cast<double>(low.size()), 32e6 * 1e-4);
}

TEST(Halver, KeepsTheKeysTonesAndDropsWhatWouldFoldOntoThem) {
  for (const auto& [frequency, most, least] :
       {std::tuple{697.0, 1.02, 0.98}, {1'633.0, 1.02, 0.98}, {7'000.0, 0.03, 0.0}}) {
    Halver halver;
    const auto sound = sine(frequency, 8'000, Rate::wide, 3'200);
    std::vector<std::int16_t> out(1'600);
    for (std::size_t at = 0; at < out.size(); at += 160)
      halver.process(std::span{sound}.subspan(2 * at, 320), std::span{out}.subspan(at, 160));

    const double gain = std::sqrt(energy(std::span{out}.last(800)) / energy(std::span{sound}.last(1'600)) * 2);
    EXPECT_LE(gain, most) << frequency;
    EXPECT_GE(gain, least) << frequency;
  }
}

}  // namespace
}  // namespace parley::audio
