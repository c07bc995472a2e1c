#include "call/bridge.hpp"

#include <gmock/gmock.h>

#include <deque>

#include "audio/input_chain.hpp"
#include "base/time.hpp"

namespace parley::call {
namespace {

using audio::Frame;
using audio::Rate;

/// Says a constant, remembers what it heard.
class Constant : public Participant {
 public:
  explicit Constant(std::int16_t value, bool pullable = false, std::chrono::milliseconds lead = {})
      : value_{value}, pullable_{pullable}, lead_{lead} {}

  bool read(Frame& frame) override {
    ++reads;
    std::ranges::fill(frame.samples(), value_);
    return value_ != 0;
  }
  void write(const Frame* frame) override { heard.push_back(frame ? frame->samples().back() : std::int16_t{0}); }
  bool is_pullable() const override { return pullable_; }
  std::chrono::milliseconds lead() const override { return lead_; }

  void say(std::int16_t value) { value_ = value; }

  int reads = 0;
  std::vector<std::int16_t> heard;

 private:
  std::int16_t value_;
  bool pullable_;
  std::chrono::milliseconds lead_;
};

class RememberingTap : public Tap {
 public:
  void hear(const SourceFrame& frame) override { heard.push_back(frame.original.samples().front()); }
  std::vector<std::int16_t> heard;
};

void tick(Bridge& bridge, MediaTime at = {}) {
  bridge.read_live(at);
  bridge.mix(at);
}

TEST(Bridge, EveryoneHearsEveryoneButThemselves) {
  Constant a{100}, b{20}, c{3};
  Bridge bridge{Rate::narrow};
  bridge.add(a, nullptr), bridge.add(b, nullptr), bridge.add(c, nullptr);

  tick(bridge);

  EXPECT_THAT(a.heard, ::testing::ElementsAre(23));
  EXPECT_THAT(b.heard, ::testing::ElementsAre(103));
  EXPECT_THAT(c.heard, ::testing::ElementsAre(120));
}

TEST(Bridge, GivesNothingWhereNobodySpeaks) {
  Constant a{0}, b{0};
  Bridge bridge{Rate::narrow};
  const auto slot = bridge.add(a, nullptr);
  bridge.add(b, nullptr);

  tick(bridge);

  EXPECT_EQ(bridge.heard(slot), nullptr);
  EXPECT_EQ(bridge.original(slot), nullptr);
}

TEST(Bridge, SaturatesInsteadOfWrapping) {
  Constant a{30'000}, b{30'000}, listener{0};
  Bridge bridge{Rate::narrow};
  bridge.add(a, nullptr), bridge.add(b, nullptr), bridge.add(listener, nullptr);

  tick(bridge);

  EXPECT_THAT(listener.heard, ::testing::ElementsAre(32'767));
}

TEST(Bridge, AWhisperIsHeardByOneOnly) {
  Constant caller{0}, agent{0}, supervisor{500};
  Bridge bridge{Rate::narrow};
  const auto caller_slot = bridge.add(caller, nullptr);
  bridge.add(agent, nullptr);
  const auto supervisor_slot = bridge.add(supervisor, nullptr);
  bridge.set_gain(supervisor_slot, caller_slot, 0.0f);

  tick(bridge), tick(bridge);  // the first ramps

  EXPECT_EQ(caller.heard.back(), 0);
  EXPECT_EQ(agent.heard.back(), 500);
}

TEST(Bridge, ATapHearsItsSourceBeforeMixing) {
  Constant a{100}, b{20};
  RememberingTap tap;
  Bridge bridge{Rate::wide};
  const auto slot = bridge.add(a, nullptr);
  bridge.add(b, nullptr);
  bridge.subscribe(slot, tap);

  tick(bridge);
  bridge.unsubscribe(slot, tap);
  tick(bridge);

  EXPECT_THAT(tap.heard, ::testing::ElementsAre(100));
}

TEST(Bridge, WhatIsDecidedBetweenHearingAndMixingIsInTheSameTick) {
  Constant caller{0};
  Constant assistant{700, true};
  Bridge bridge{Rate::narrow};
  bridge.add(caller, nullptr), bridge.add(assistant, nullptr);

  bridge.read_live({});
  assistant.say(0);  // a barge-in
  bridge.mix({});

  EXPECT_THAT(caller.heard, ::testing::ElementsAre(0));
}

TEST(Bridge, ASinkWithLeadIsWrittenAheadAndHoldsItsLead) {
  Constant device{0, false, 60ms};
  Constant music{9, true};
  Bridge bridge{Rate::narrow};
  bridge.add(device, nullptr);
  bridge.set_gain(0, 1, 0.0f);
  bridge.add(music, nullptr);

  tick(bridge);
  EXPECT_EQ(device.heard.size(), 4u);  // this tick's and 60 ms ahead
  tick(bridge);
  EXPECT_EQ(device.heard.size(), 5u);
  EXPECT_EQ(music.reads, 5);
}

TEST(Bridge, ALiveSourcePinsTheLeadToZero) {
  Constant device{0, false, 60ms};
  Constant music{9, true};
  Constant agent{5};
  Bridge bridge{Rate::narrow};
  bridge.add(device, nullptr), bridge.add(music, nullptr), bridge.add(agent, nullptr);

  tick(bridge), tick(bridge);

  EXPECT_THAT(device.heard, ::testing::ElementsAre(14, 14));
}

TEST(Bridge, ASlotIsUsedAgainWithoutTheGainsOfItsLastOwner) {
  Constant a{1}, b{10}, c{100};
  Bridge bridge{Rate::narrow};
  const auto first = bridge.add(a, nullptr);
  const auto second = bridge.add(b, nullptr);
  bridge.set_gain(first, second, 0.0f);
  bridge.set_gain(second, first, 0.0f);
  tick(bridge);
  bridge.remove(second);
  bridge.add(c, nullptr);
  a.heard.clear();

  tick(bridge), tick(bridge);

  EXPECT_EQ(a.heard.back(), 100);
  EXPECT_EQ(c.heard.back(), 1);
}

TEST(Bridge, TheInputChainFindsSpeechAndHoldsTheOriginalAlongside) {
  class Loud final : public Constant {
   public:
    Loud() : Constant{1} {}
    bool read(Frame& frame) override {
      // A voice-like buzz: 120 Hz pulses.
      for (auto& sample : frame.samples()) sample = phase_++ % 66 < 6 ? std::int16_t{12'000} : std::int16_t{-900};
      return true;
    }
    unsigned phase_ = 0;
  } speaker;
  struct SpeechTap : Tap {
    void hear(const SourceFrame& frame) override {
      speech += frame.speech, loudest = std::max(loudest, frame.level_dbov);
    }
    int speech = 0, loudest = -127;
  } tap;
  Bridge bridge{Rate::narrow};
  const auto slot = bridge.add(speaker, std::make_unique<audio::InputChain>(audio::InputChain::Config{}));
  bridge.subscribe(slot, tap);

  for (int i = 0; i < 50; ++i) tick(bridge);

  EXPECT_GT(tap.speech, 15);
  EXPECT_GT(tap.loudest, -30);
}

}  // namespace
}  // namespace parley::call
