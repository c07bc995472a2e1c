#include "call/recorder.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "audio/wav.hpp"

namespace parley::call {
namespace {

namespace fs = std::filesystem;

/// Runs jobs when told, on this thread.
class ManualQueue final : public speech::JobQueue {
 public:
  bool try_submit(std::move_only_function<void()>&& job) override {
    if (full) return false;
    jobs.push_back(std::move(job));
    return true;
  }
  std::size_t depth() const override { return jobs.size(); }
  void run() {
    for (auto& job : std::exchange(jobs, {})) job();
  }
  bool full = false;
  std::vector<std::move_only_function<void()>> jobs;
};

class Inline final : public speech::Executor {
 public:
  void post(std::move_only_function<void()> work) override { work(); }
};

class RecorderTest : public ::testing::Test {
 protected:
  RecorderTest() : folder{fs::temp_directory_path() / ("parley-recorder-" + std::to_string(::getpid()))} {
    fs::create_directories(folder);
  }
  ~RecorderTest() override { fs::remove_all(folder); }

  std::unique_ptr<Recorder> make() {
    return std::make_unique<Recorder>(Recorder::Options{path()}, files, std::make_shared<Inline>(),
                                      [this](std::string reason) { failure = std::move(reason); });
  }
  fs::path path() const { return folder / "call.wav"; }
  std::vector<std::byte> content() const {
    std::ifstream in{path(), std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    return {bytes, bytes + text.size()};
  }
  static audio::Frame constant(std::int16_t value) {
    audio::Frame frame{audio::Rate::narrow};
    std::ranges::fill(frame.samples(), value);
    return frame;
  }

  fs::path folder;
  ManualQueue files;
  std::string failure;
};

TEST_F(RecorderTest, WritesTheCallerLeftAndTheRestRight) {
  auto recorder = make();
  const auto left = constant(1000), right = constant(-2000);
  bool closed = false;
  for (int i = 0; i < 60; ++i) recorder->write(&left, i < 30 ? nullptr : &right);
  recorder->finish([&] { closed = true; });
  files.run();

  const auto bytes = content();
  const auto layout = audio::wav::parse(bytes);
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->channels, 2);
  EXPECT_EQ(layout->rate_hz, 8'000u);
  ASSERT_EQ(layout->data.size(), 60u * 160 * 2 * 2);
  const auto* samples = reinterpret_cast<const std::int16_t*>(layout->data.data());
  EXPECT_EQ(samples[0], 1000);
  EXPECT_EQ(samples[1], 0);
  EXPECT_EQ(samples[2 * 160 * 30 + 1], -2000);
  EXPECT_TRUE(closed);
  EXPECT_EQ(failure, "");
}

TEST_F(RecorderTest, AFileThatWasNeverFinishedPlaysUpToTheLastBlock) {
  auto recorder = make();
  const auto left = constant(7);
  for (int i = 0; i < 130; ++i) recorder->write(&left, nullptr);  // 2.6 s: two blocks
  files.run();

  const auto bytes = content();
  const auto layout = audio::wav::parse(bytes);
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->data.size(), 2u * 8'000 * 2 * 2);
}

TEST_F(RecorderTest, ABlockThatTheFullPoolRefusedIsSilenceAndNoShift) {
  auto recorder = make();
  const auto tone = constant(500);
  for (int i = 0; i < 50; ++i) recorder->write(&tone, nullptr);
  files.full = true;
  for (int i = 0; i < 50; ++i) recorder->write(&tone, nullptr);
  files.full = false;
  for (int i = 0; i < 50; ++i) recorder->write(&tone, nullptr);
  recorder->finish(nullptr);
  files.run();

  const auto bytes = content();
  const auto layout = audio::wav::parse(bytes);
  ASSERT_TRUE(layout);
  ASSERT_EQ(layout->data.size(), 3u * 8'000 * 2 * 2);
  const auto* samples = reinterpret_cast<const std::int16_t*>(layout->data.data());
  EXPECT_EQ(samples[0], 500);
  EXPECT_EQ(samples[2 * 8'000], 0);
  EXPECT_EQ(samples[4 * 8'000], 500);
}

TEST_F(RecorderTest, AFullDiskIsToldOnceAndNothingElseBreaks) {
  auto recorder = std::make_unique<Recorder>(Recorder::Options{"/dev/full"}, files, std::make_shared<Inline>(),
                                             [this](std::string reason) { failure += reason; });
  const auto tone = constant(500);
  for (int i = 0; i < 100; ++i) recorder->write(&tone, nullptr);
  bool closed = false;
  recorder->finish([&] { closed = true; });
  files.run();

  EXPECT_THAT(failure, ::testing::HasSubstr("No space left on device"));
  EXPECT_FALSE(closed);
}

TEST_F(RecorderTest, AMissingFolderIsToldWithItsPath) {
  folder = folder / "gone";
  auto recorder = make();
  recorder->finish(nullptr);
  files.run();

  EXPECT_THAT(failure, ::testing::HasSubstr("gone/call.wav"));
  folder = folder.parent_path();
}

}  // namespace
}  // namespace parley::call
