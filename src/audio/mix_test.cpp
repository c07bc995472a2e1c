#include "audio/mix.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::audio {
namespace {

using ::testing::Each;

Frame constant(std::int16_t value, Rate rate = Rate::narrow) {
  Frame frame{rate};
  std::ranges::fill(frame.samples(), value);
  return frame;
}

Frame mixed(auto&&... add) {
  Mix mix;
  clear(mix);
  (add(mix), ...);
  Frame out{Rate::narrow};
  finish(mix, out);
  return out;
}

TEST(Mix, AddsSourcesWithTheirGains) {
  const auto out = mixed([](Mix& mix) { mix_into(mix, constant(1'000), Gain{}); },
                         [](Mix& mix) { mix_into(mix, constant(-400), Gain{0.5}); });

  EXPECT_THAT(out.samples(), Each(800));
}

TEST(Mix, SaturatesOnlyAtTheEnd) {
  const auto loud = mixed([](Mix& mix) { mix_into(mix, constant(30'000), Gain{}); },
                          [](Mix& mix) { mix_into(mix, constant(30'000), Gain{}); });
  const auto cancelled = mixed([](Mix& mix) { mix_into(mix, constant(30'000), Gain{2}); },
                               [](Mix& mix) { mix_into(mix, constant(-30'000), Gain{2}); });

  EXPECT_THAT(loud.samples(), Each(32'767));
  EXPECT_THAT(cancelled.samples(), Each(0));
}

TEST(Mix, HoldsTheLargestGainsWithinItsSums) {
  EXPECT_EQ(Gain{100}.q12(), 8 * Gain::unity);
  EXPECT_EQ(Gain{-1}.q12(), 0);
  Mix mix;
  clear(mix);
  for (int i = 0; i < 255; ++i) mix_into(mix, constant(-32'768), Gain{8});
  Frame out{Rate::narrow};
  finish(mix, out);

  EXPECT_THAT(out.samples(), Each(-32'768));
}

TEST(Mix, SwitchesWithinFiveMillisecondsWithoutAStep) {
  const auto out = mixed([](Mix& mix) { mix_into(mix, constant(10'000), Gain{0}, Gain{}); });
  const auto samples = out.samples();

  for (std::size_t i = 1; i < samples.size(); ++i) EXPECT_LT(std::abs(samples[i] - samples[i - 1]), 300);
  EXPECT_LT(samples[0], 300);
  EXPECT_EQ(samples[fade_size(Rate::narrow)], 10'000);
}

TEST(Mix, AppliesAGainInPlaceAsItMixes) {
  Frame frame = constant(10'000, Rate::wide);
  apply_gain(frame, Gain{}, Gain{0});
  EXPECT_GT(frame.samples()[0], 9'800);
  EXPECT_EQ(frame.samples()[fade_size(Rate::wide)], 0);

  Frame untouched = constant(123);
  apply_gain(untouched, Gain{}, Gain{});
  EXPECT_THAT(untouched.samples(), Each(123));
}

TEST(Mix, FadesTheEndsOfAnything) {
  std::vector<std::int16_t> sound(100, 8'000), tiny(3, 8'000);
  fade_in(sound, Rate::narrow);
  fade_out(sound, Rate::narrow);
  fade_out(tiny, Rate::narrow);
  fade_in({}, Rate::narrow);

  EXPECT_LT(sound.front(), 300);
  EXPECT_LT(sound.back(), 300);
  EXPECT_EQ(sound[50], 8'000);
  EXPECT_LT(tiny.back(), tiny.front());
}

}  // namespace
}  // namespace parley::audio
