#include "call/hold_music.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace parley::call {
namespace {

double level_db(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const double sample : samples) sum += sample * sample;
  return 10 * std::log10(sum / static_cast<double>(samples.size()) / (32'768.0 * 32'768.0) + 1e-12);
}

TEST(HoldMusic, IsSoftGoesOnAndHasNoSeam) {
  const auto music = HoldMusic::composed();
  for (const auto rate : {audio::Rate::narrow, audio::Rate::wide}) {
    const auto samples = music->samples(rate);
    const std::size_t second = audio::hertz(rate);
    EXPECT_GT(samples.size(), 10 * second);
    int step = std::abs(samples.back() - samples.front());
    const int seam = step;
    for (std::size_t i = 1; i < samples.size(); ++i) step = std::max(step, std::abs(samples[i] - samples[i - 1]));
    EXPECT_LE(seam, step);
    const auto [low, high] = std::ranges::minmax(samples);
    EXPECT_LT(std::max(int{high}, -int{low}), 20'000);  // nothing is clipped
    std::printf("music at %u Hz: %.1f dBov, peak %d\n", audio::hertz(rate), level_db(samples), high);
    for (std::size_t at = 0; at + second <= samples.size(); at += second) {
      const auto level = level_db(samples.subspan(at, second));
      EXPECT_GT(level, -36) << at / second;
      EXPECT_LT(level, -14) << at / second;
    }
  }
}

TEST(MusicPlayer, IsSilentUntilStartedAndFadesForOneFrame) {
  MusicPlayer player{HoldMusic::composed(), audio::Rate::narrow};
  audio::Frame frame{audio::Rate::narrow};
  EXPECT_FALSE(player.read(frame));
  player.start();
  EXPECT_TRUE(player.read(frame));
  player.stop();
  EXPECT_TRUE(player.read(frame));
  EXPECT_FALSE(player.read(frame));
}

TEST(HoldMusic, AFileThatIsNoWavIsRefusedWithItsName) {
  const auto refused = HoldMusic::from_file("/nonexistent/music.wav");
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().find("music.wav"), std::string::npos);
}

}  // namespace
}  // namespace parley::call
