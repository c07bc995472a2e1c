#include "observe/logging.hpp"
#include "observe/metrics.hpp"
#include "observe/warn_sampler.hpp"

namespace parley::observe {
namespace {

using testing::HasSubstr;

TEST(Metrics, AreRenderedInPrometheusTextFormat) {
  Metrics metrics;
  metrics.counter("calls_total", "Calls seen.", {{"direction", "in"}}).increment();
  metrics.gauge("calls_active", "Calls now.").set(3);
  metrics.histogram("turn_seconds", "Response time.", {0.5, 1.0}).observe(0.7);

  const auto text = metrics.render();

  EXPECT_THAT(
      text, HasSubstr("# HELP calls_total Calls seen.\n# TYPE calls_total counter\ncalls_total{direction=\"in\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("calls_active 3\n"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "turn_seconds_bucket{le=\"0.5\"} 0\nturn_seconds_bucket{le=\"1\"} 1\nturn_seconds_bucket{le=\"+Inf\"} 1\n"));
  EXPECT_TRUE(text.ends_with('\n'));
}

TEST(Metrics, GiveTheSameOneForTheSameNameAndLabels) {
  Metrics metrics;
  metrics.counter("a_total", "A.", {{"x", "1"}}).increment(2);
  metrics.counter("a_total", "A.", {{"x", "1"}}).increment();
  EXPECT_EQ(metrics.counter("a_total", "A.", {{"x", "1"}}).value(), 3);
  EXPECT_EQ(metrics.counter("a_total", "A.", {{"x", "2"}}).value(), 0);
}

TEST(MetricsDeathTest, AssertOnANameThatPrometheusDoesNotTake) {
  Metrics metrics;
  EXPECT_DEATH(metrics.counter("calls-total", "Calls."), "assertion failed");
}

TEST(WarnSampler, HoldsBackRepeatsOfAPhraseAndCountsThem) {
  WarnSampler sampler{2};
  const TimePoint start{10s};
  EXPECT_EQ(sampler.admit("rtp dropped call=1", start), 0u);
  EXPECT_EQ(sampler.admit("rtp dropped call=2", start), 0u);
  EXPECT_EQ(sampler.admit("rtp dropped call=3", start + 1ms), std::nullopt);
  EXPECT_EQ(sampler.admit("rtp dropped call=4", start + 2ms), std::nullopt);
  EXPECT_EQ(sampler.admit("other warning", start + 2ms), 0u);
  EXPECT_EQ(sampler.admit("rtp dropped call=5", start + 1s), 2u);
}

TEST(WarnSampler, TellsTheRestOfAFloodThatEnded) {
  WarnSampler sampler{1};
  const TimePoint start{10s};
  for (int i = 0; i < 4; ++i) (void)sampler.admit("rtp dropped call=1", start);
  EXPECT_TRUE(sampler.take_silent(start + 500ms).empty());

  const auto silent = sampler.take_silent(start + 1s);

  ASSERT_EQ(silent.size(), 1u);
  EXPECT_EQ(silent[0].phrase, "rtp dropped");
  EXPECT_EQ(silent[0].count, 3u);
  EXPECT_TRUE(sampler.take_silent(start + 2s).empty());
}

TEST(LogLine, IsTextWithTimeAndLevelAndStaysOneLine) {
  EXPECT_EQ(format_text(WallTime{}, log::Level::warn, "sip refused from=\"a\nb\x1B\""),
            "1970-01-01T00:00:00.000Z warn  sip refused from=\"a b \"");
}

TEST(LogLine, IsJsonWithItsFields) {
  EXPECT_EQ(
      format_json(WallTime{}, log::Level::info, R"(call answered call=01J from="sip:a b" ms=5)"),
      R"({"time":"1970-01-01T00:00:00.000Z","level":"info","event":"call answered","call":"01J","from":"sip:a b","ms":"5"})");
  EXPECT_EQ(format_json(WallTime{}, log::Level::info, "ready"),
            R"({"time":"1970-01-01T00:00:00.000Z","level":"info","event":"ready"})");
  EXPECT_EQ(format_json(WallTime{}, log::Level::info, R"(odd call="open end)"),
            R"({"time":"1970-01-01T00:00:00.000Z","level":"info","event":"odd","call":"open end"})");
}

TEST(Logging, FoldsRepeatedWarnings) {
  install_logging({.level = log::Level::info, .json = false, .repeats_per_second = 2});
  testing::internal::CaptureStderr();
  for (int i = 0; i < 6; ++i) log::warn("disk slow ms={}", i);
  log::error("disk gone");
  flush_logging();
  const auto text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr("disk slow ms=1"));
  EXPECT_THAT(text, testing::Not(HasSubstr("disk slow ms=2")));
  EXPECT_THAT(text, HasSubstr("disk slow repeated=4"));
  EXPECT_THAT(text, HasSubstr("error disk gone"));
  EXPECT_THAT(Metrics::global().render(), HasSubstr("parley_log_lines_total{level=\"warn\"} 6"));
}

}  // namespace
}  // namespace parley::observe
