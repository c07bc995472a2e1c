#include "protocol/stun/framing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.hpp"

namespace parley::stun {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> drain(FrameSplitter& splitter) {
  std::vector<std::string> frames;
  while (const auto datagram = splitter.poll()) frames.emplace_back(as_text(*datagram));
  return frames;
}

std::string framed(std::string_view text) { return std::string{as_text(frame(as_bytes(text)))}; }

TEST(FrameSplitter, FindsFramesHoweverTheStreamIsCut) {
  const auto stream = framed("first") + framed("") + framed(std::string(2'000, 'x')) + framed("last");

  for (const std::size_t step : {1U, 2U, 3U, 7U, 1'000U, 4'000U}) {
    FrameSplitter splitter;
    std::vector<std::string> frames;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      splitter.receive(as_bytes(std::string_view{stream}.substr(at, step)));
      for (auto& each : drain(splitter)) frames.push_back(std::move(each));
    }
    EXPECT_THAT(frames, ElementsAre("first", std::string(2'000, 'x'), "last")) << step;
  }
}

TEST(FrameSplitter, FailsAtAFrameAboveTheBound) {
  FrameSplitter splitter{100};
  splitter.receive(as_bytes(framed("good") + framed(std::string(101, 'x')) + framed("late")));

  EXPECT_THAT(drain(splitter), ElementsAre("good"));
  EXPECT_TRUE(splitter.failed());

  splitter.receive(as_bytes(framed("later")));
  EXPECT_THAT(drain(splitter), ElementsAre());
}

TEST(FrameSplitter, WhoeverDoesNotDrainItFailsItInsteadOfFillingMemory) {
  FrameSplitter splitter{100};

  for (int i = 0; i < 1'000; ++i) splitter.receive(as_bytes(framed("0123456789")));

  EXPECT_TRUE(splitter.failed());
}

}  // namespace
}  // namespace parley::stun
