#include "assistant/dictation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assistant/assistant_room_test.hpp"

namespace parley::assistant {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Desk {
  Schedule schedule;
  FakeCall call{schedule};
  std::shared_ptr<FakeStt> stt = std::make_shared<FakeStt>(schedule);
  std::unique_ptr<call::Application> dictation;

  void open() {
    dictation = make_dictation(call, {.stt = stt});
    dictation->start();
  }
  void run(MediaTime duration, bool speech) {
    const audio::Frame frame{audio::Rate::narrow};
    for (const auto end = schedule.now + duration; schedule.now < end;) {
      dictation->caller_tap()->hear({frame, frame, speech, -20, schedule.now});
      schedule.now += 20ms;
      schedule.run();
      dictation->tick(schedule.now);
    }
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const auto& turn : call.turns) texts.push_back(turn.text);
    return texts;
  }
};

TEST(Dictation, WritesDownEachUtteranceAndSaysNothing) {
  Desk desk;
  desk.stt->texts = {"first", "second"};
  desk.open();

  desk.run(1s, true);
  desk.run(1s, false);
  desk.run(1s, true);
  desk.run(1s, false);

  EXPECT_THAT(desk.texts(), ElementsAre("first", "second"));
  EXPECT_EQ(desk.call.turns[1].started, 2s);
  EXPECT_EQ(desk.call.turns[1].ended, 3s);
  EXPECT_EQ(desk.dictation->participant(), nullptr);
}

TEST(Dictation, ACoughIsNotWrittenDown) {
  Desk desk;
  desk.stt->texts = {"ahem"};
  desk.open();

  desk.run(100ms, true);
  desk.run(2s, false);

  EXPECT_THAT(desk.texts(), IsEmpty());
}

TEST(Dictation, AnEndlessMonologueIsWrittenInParts) {
  Desk desk;
  desk.stt->texts = {"one", "two"};
  desk.open();

  desk.run(40s, true);
  desk.run(1s, false);

  EXPECT_THAT(desk.texts(), ElementsAre("one", "two"));
}

TEST(Dictation, WithoutARecogniserItSaysSoInAnEvent) {
  Desk desk;
  desk.stt->available = false;
  desk.open();

  desk.run(1s, true);

  ASSERT_THAT(desk.call.events, testing::Not(IsEmpty()));
  EXPECT_EQ(desk.call.events[0].type, "provider.failed");
}

}  // namespace
}  // namespace parley::assistant
