#include "providers/local/flite.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "providers/local/polish.hpp"
#include "providers/local/segment.hpp"
#include "providers/local/spoken_text.hpp"

namespace parley::providers::local {
namespace {

TEST(Flite, SpeaksASentence) {
  const auto samples = flite_voice()->render("You have two things on your list: milk and bread.");

  ASSERT_TRUE(samples.has_value());
  EXPECT_GT(samples->size(), 2u * 16'000);
  EXPECT_LT(samples->size(), 5u * 16'000);
}

TEST(Flite, SpeaksFromSeveralThreadsAtOnce) {
  const auto voice = flite_voice();
  const auto alone = voice->render("One moment, please.");
  std::vector<std::vector<std::int16_t>> together(3);
  {
    std::vector<std::jthread> threads;
    for (auto& samples : together)
      threads.emplace_back([&] { samples = *flite_voice()->render("One moment, please."); });
  }

  // Not the same samples: the noise in fricatives is random.
  for (const auto& samples : together) EXPECT_EQ(samples.size(), alone->size());
}

TEST(Flite, SurvivesWhatIsNoEnglish) {
  const auto voice = flite_voice();
  for (const char* text :
       {"", "...", "\xff\xfe\x80", "\xF0\x9F\x98\x80", "Grüße", "((((", "1e99", "a.b.c@d", "%%%", "\x01\x02"})
    EXPECT_TRUE(voice->render(text).has_value()) << text;
  EXPECT_TRUE(voice->render("")->empty());
}

TEST(Polish, LeavesFiftyMillisecondsInFrontAtMost) {
  std::vector<std::int16_t> samples(8'000, 2);
  for (std::size_t i = 4'000; i < 6'000; ++i) samples[i] = i % 2 == 0 ? 1'000 : -1'000;

  polish(samples, 8'000);

  EXPECT_EQ(samples.size(), 400u + 2'000 + 960);
}

TEST(Polish, BringsSpeechToMinusTwentyDecibels) {
  for (const double level : {300.0, 3'000.0, 20'000.0}) {
    std::vector<std::int16_t> samples(16'000);
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i] = static_cast<std::int16_t>(level * std::sin(0.3 * static_cast<double>(i)));

    polish(samples, 16'000);

    EXPECT_NEAR(loudest_dbov(samples, 16'000), -20, 1) << level;
  }
}

TEST(Polish, NeverClips) {
  std::vector<std::int16_t> samples(16'000, 50);
  for (std::size_t i = 0; i < samples.size(); i += 2) samples[i] = -50;
  samples[8'000] = 20'000;

  polish(samples, 16'000);

  EXPECT_LE(*std::max_element(samples.begin(), samples.end()), 29'204);
}

TEST(Polish, LeavesSilenceAlone) {
  std::vector<std::int16_t> silence(800, 0), nothing;

  polish(silence, 8'000);
  polish(nothing, 8'000);

  EXPECT_EQ(silence.size(), 800u);
  EXPECT_TRUE(nothing.empty());
}

TEST(SpokenText, SpeaksTimesAndDates) {
  EXPECT_EQ(spoken_text("It is 15:04."), "It is 15 oh 4.");
  EXPECT_EQ(spoken_text("At 3:00, or 9:30 PM?"), "At 3 o'clock, or 9 30 P M?");
  EXPECT_EQ(spoken_text("Due 2026-11-21."), "Due November 21st, 2026.");
  EXPECT_EQ(spoken_text("Not 25:99"), "Not 25:99");
}

TEST(SpokenText, SpeaksNumbersToDialDigitByDigit) {
  EXPECT_EQ(spoken_text("Call 555-1234."), "Call 5 5 5, 1 2 3 4.");
  EXPECT_EQ(spoken_text("It is 2001."), "It is 2001.");
}

TEST(SpokenText, SpeaksSignsAndAbbreviations) {
  EXPECT_EQ(spoken_text("5% of A & B, e.g. this"), "5 percent of A and B, for example this");
  EXPECT_EQ(spoken_text("I am here, ok?"), "I am here, okay?");
  EXPECT_EQ(spoken_text("mail a@example.com"), "mail a at example dot com");
  EXPECT_EQ(spoken_text("See https://example.com/x?y=1."), "See example dot com.");
}

TEST(SpokenText, IsPlainAscii) {
  EXPECT_EQ(spoken_text("It\u2019s \u201Cfine\u201D \u2014 caf\u00e9"), "It's fine, cafe");
  EXPECT_EQ(spoken_text("\U0001F600 **bold** (aside)"), "bold, aside,");
  EXPECT_EQ(spoken_text("\U0001F600 ..."), "");
}

}  // namespace
}  // namespace parley::providers::local
