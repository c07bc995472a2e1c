#include "audio/codec/concealer.hpp"
#include "audio/dtmf_detector.hpp"
#include "audio/dtmf_generator.hpp"
#include "audio/level.hpp"
#include "audio/testing/signals.hpp"

#include <gtest/gtest.h>

namespace parley::audio {
namespace {

using namespace testing;

std::string keys_in(std::span<const std::int16_t> sound, Rate rate) {
  DtmfDetector detector{rate};
  std::string keys;
  for (const Frame& frame : frames_of(sound, rate))
    if (const auto key = detector.process(frame)) keys += *key;
  return keys;
}

std::vector<std::int16_t> dialled(std::string_view keys, DtmfGenerator::Config config) {
  DtmfGenerator generator{config};
  for (const char key : keys) EXPECT_TRUE(generator.press(key));
  std::vector<std::int16_t> sound;
  Frame frame{config.rate};
  while (generator.read(frame)) sound.insert(sound.end(), frame.samples().begin(), frame.samples().end());
  return sound;
}

class DtmfAt : public ::testing::TestWithParam<Rate> {};
INSTANTIATE_TEST_SUITE_P(Dtmf, DtmfAt, ::testing::Values(Rate::narrow, Rate::wide));

TEST_P(DtmfAt, HearsEveryKeyOnceInTheOrderPressed) {
  EXPECT_EQ(keys_in(dialled("0123456789*#ABCD", {.rate = GetParam()}), GetParam()), "0123456789*#ABCD");
}

TEST_P(DtmfAt, HearsTheSameKeyTwiceWhenItWasUpBetween) {
  EXPECT_EQ(
      keys_in(dialled("5555",
                      {.rate = GetParam(), .on = std::chrono::milliseconds{70}, .off = std::chrono::milliseconds{70}}),
              GetParam()),
      "5555");
}

TEST_P(DtmfAt, HearsAHeldKeyOnce) {
  EXPECT_EQ(keys_in(dialled("7", {.rate = GetParam(), .on = std::chrono::seconds{3}}), GetParam()), "7");
}

TEST_P(DtmfAt, HearsAKeyOnceThoughAFrameOfItIsLostAndConcealed) {
  const auto sound = frames_of(dialled("7", {.rate = GetParam(), .on = std::chrono::milliseconds{400}}), GetParam());
  Concealer concealer{GetParam()};
  DtmfDetector detector{GetParam()};
  std::string keys;

  for (std::size_t i = 0; i < sound.size(); ++i) {
    Frame frame = sound[i];
    if (i == 8) concealer.conceal(frame.samples());
    else concealer.received(frame.samples());
    if (const auto key = detector.process(frame)) keys += *key;
  }

  EXPECT_EQ(keys, "7");
}

TEST_P(DtmfAt, HearsQuietKeysAndKeysUnderNoise) {
  auto sound = dialled("159D", {.rate = GetParam(), .level_dbov = -28});
  std::mt19937 random{3};
  std::normal_distribution<double> noise{0, 60};
  for (std::int16_t& sample : sound) sample = static_cast<std::int16_t>(sample + std::lround(noise(random)));

  EXPECT_EQ(keys_in(sound, GetParam()), "159D");
}

TEST_P(DtmfAt, ReportsWithin60MsOfTheKeyGoingDown) {
  DtmfDetector detector{GetParam()};
  int frames = 0;
  for (const Frame& frame : frames_of(dialled("3", {.rate = GetParam()}), GetParam())) {
    ++frames;
    if (detector.process(frame)) break;
  }
  EXPECT_LE(frames, 3);
}

TEST_P(DtmfAt, HearsTheRecordedKeys) {
  const auto folder = test_data_folder() / "audio/dtmf-wav";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no recordings in " << folder;
  for (const std::string name : {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "star", "pound"}) {
    const auto sound = wav::read(folder / ("dtmf-" + name + ".wav"), hertz(GetParam()));
    ASSERT_TRUE(sound) << name;
    EXPECT_EQ(keys_in(*sound, GetParam()), name == "star" ? "*" : name == "pound" ? "#" : name);
  }
}

TEST_P(DtmfAt, HearsNoKeyInSpeech) {
  const auto folder = test_data_folder() / "speech";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no recordings in " << folder;
  double seconds = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    if (entry.path().extension() != ".wav") continue;
    const auto sound = wav::read(entry.path(), hertz(GetParam()));
    ASSERT_TRUE(sound) << entry.path();
    seconds += static_cast<double>(sound->size()) / hertz(GetParam());
    EXPECT_EQ(keys_in(*sound, GetParam()), "") << entry.path();
  }
  EXPECT_GT(seconds, 30);
}

TEST(DtmfGenerator, RefusesWhatIsNoKeyAndWhatIsTooMuch) {
  DtmfGenerator generator{{}};
  EXPECT_FALSE(generator.press('x'));
  for (std::size_t i = 0; i < DtmfGenerator::max_keys; ++i) EXPECT_TRUE(generator.press('1'));
  EXPECT_FALSE(generator.press('1'));
  generator.clear();
  EXPECT_TRUE(generator.idle());
}

TEST(DtmfGenerator, PlaysTwoTonesAtTheirLevelThenAPause) {
  const auto sound = dialled("1", {.on = std::chrono::milliseconds{100}, .off = std::chrono::milliseconds{80}});

  ASSERT_EQ(sound.size(), 180u * 8);
  const auto steady = std::span{sound}.subspan(80, 640);
  const double wanted = 32'767 * std::pow(10, -7.0 / 20);
  EXPECT_NEAR(amplitude_at(steady, 697, 8'000), wanted, wanted * 0.05);
  EXPECT_NEAR(amplitude_at(steady, 1'209, 8'000), wanted, wanted * 0.05);
  EXPECT_EQ(energy(std::span{sound}.last(640)), 0);
}

}  // namespace
}  // namespace parley::audio
