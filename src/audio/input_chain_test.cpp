#include "audio/input_chain.hpp"

#include "audio/level.hpp"
#include "audio/testing/signals.hpp"

#include <gtest/gtest.h>

namespace parley::audio {
namespace {

using namespace testing;

struct Heard {
  std::vector<std::int16_t> original, denoised;
  std::vector<bool> speech;
};

Heard run(InputChain& chain, std::span<const std::int16_t> sound, Rate rate) {
  Heard heard;
  for (const Frame& frame : frames_of(sound, rate)) {
    const auto out = chain.process(frame);
    heard.original.insert(heard.original.end(), out.original.samples().begin(), out.original.samples().end());
    heard.denoised.insert(heard.denoised.end(), out.denoised.samples().begin(), out.denoised.samples().end());
    heard.speech.push_back(out.speech);
  }
  return heard;
}

std::vector<std::int16_t> noise(double deviation, std::size_t count) {
  std::mt19937 random{7};
  std::normal_distribution<double> normal{0, deviation};
  std::vector<std::int16_t> samples(count);
  for (std::int16_t& sample : samples) sample = static_cast<std::int16_t>(std::lround(normal(random)));
  return samples;
}

class InputChainAt : public ::testing::TestWithParam<Rate> {
 protected:
  Rate rate = GetParam();
  std::size_t hz = hertz(rate);
};

INSTANTIATE_TEST_SUITE_P(InputChain, InputChainAt, ::testing::Values(Rate::narrow, Rate::wide));

TEST_P(InputChainAt, LowersSteadyNoise) {
  InputChain chain{{.rate = rate}};
  const auto heard = run(chain, noise(400, hz * 5), rate);

  const double in = energy(std::span{heard.original}.last(hz)), out = energy(std::span{heard.denoised}.last(hz));
  EXPECT_LT(10 * std::log10(out / in), -6);
}

TEST_P(InputChainAt, KeepsTheOriginalAlongsideTheDenoised) {
  InputChain chain{{.rate = rate}};
  const auto sound = speech_like(rate, hz * 6);
  const auto heard = run(chain, sound, rate);

  const auto part = std::span{heard.original}.subspan(hz * 4, hz);
  EXPECT_EQ(delay_between(part, std::span{heard.denoised}.subspan(hz * 4), hz / 50), 0u);
  EXPECT_EQ(delay_between(std::span{sound}.subspan(hz * 4, hz), std::span{heard.original}.subspan(hz * 4), hz / 50),
            chain.delay_samples());
  EXPECT_TRUE(
      std::ranges::equal(std::span{sound}.first(hz), std::span{heard.original}.subspan(chain.delay_samples(), hz)));
}

TEST_P(InputChainAt, TakesOutHumAndOffset) {
  InputChain chain{{.rate = rate, .noise_suppression = NoiseSuppression::off}};
  auto sound = sine(20, 6'000, rate, hz * 2);
  for (std::int16_t& sample : sound) sample = static_cast<std::int16_t>(sample + 1'000);
  const auto heard = run(chain, sound, rate);

  EXPECT_LT(energy(std::span{heard.denoised}.last(hz)), 0.1 * energy(std::span{heard.original}.last(hz)));
}

TEST_P(InputChainAt, PassesEverythingUntouchedWhenAllIsOff) {
  InputChain chain{
      {.rate = rate, .high_pass = false, .noise_suppression = NoiseSuppression::off, .voice_detection = false}};
  const auto sound = speech_like(rate, hz);
  const auto heard = run(chain, sound, rate);

  EXPECT_EQ(chain.delay_samples(), 0u);
  EXPECT_EQ(heard.original, sound);
  EXPECT_EQ(heard.denoised, sound);
}

TEST_P(InputChainAt, HearsSpeechInSpeechAndNoneInSilence) {
  const auto speech = wav::read(test_data_folder() / "speech/goforward.wav", hertz(rate));
  if (!speech) GTEST_SKIP() << "no recording";
  InputChain chain{{.rate = rate}};
  const auto silent = run(chain, std::vector<std::int16_t>(hz * 2), rate);
  const auto spoken = run(chain, *speech, rate);

  EXPECT_EQ(std::ranges::count(silent.speech, true), 0);
  EXPECT_GT(std::ranges::count(spoken.speech, true), static_cast<std::ptrdiff_t>(spoken.speech.size() / 4));
}

TEST(Level, IsMinusThreeForAFullSineAndMinus127ForSilence) {
  EXPECT_EQ(level_dbov(sine(1'000, 32'767, Rate::narrow, 160)), -3);
  EXPECT_EQ(level_dbov(sine(1'000, 3'276.7, Rate::narrow, 160)), -23);
  EXPECT_EQ(level_dbov(std::vector<std::int16_t>(160)), -127);
  EXPECT_EQ(level_dbov(std::vector<std::int16_t>(160, -32'768)), 0);
}

}  // namespace
}  // namespace parley::audio
