#include "call/tick_schedule.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace parley::call {
namespace {

struct Counted : Ticked {
  void tick(TimePoint) override {
    ++ticks;
    if (inside) inside();
  }
  int ticks = 0;
  std::function<void()> inside;
};

void run_all(TickSchedule& schedule) {
  for (std::size_t phase = 0; phase < TickSchedule::phases; ++phase) schedule.run_phase(phase, TimePoint{});
}

TEST(TickSchedule, SpreadsCallsOverThePhasesAndTicksEachOnceARound) {
  TickSchedule schedule;
  std::vector<Counted> calls(8);
  for (auto& call : calls) schedule.add(call);

  schedule.run_phase(0, TimePoint{});
  EXPECT_EQ(std::ranges::count_if(calls, [](const auto& call) { return call.ticks == 1; }), 2);
  for (std::size_t phase = 1; phase < TickSchedule::phases; ++phase) schedule.run_phase(phase, TimePoint{});

  for (const auto& call : calls) EXPECT_EQ(call.ticks, 1);
}

TEST(TickSchedule, OneMayLeaveWhileItIsTicked) {
  TickSchedule schedule;
  Counted leaving, staying;
  schedule.add(leaving), schedule.add(staying);
  leaving.inside = [&] { schedule.remove(leaving); };

  run_all(schedule), run_all(schedule);

  EXPECT_EQ(leaving.ticks, 1);
  EXPECT_EQ(staying.ticks, 2);
  EXPECT_EQ(schedule.size(), 1u);
}

TEST(TickSchedule, OneThatJoinsInsideATickBeginsInALaterOne) {
  TickSchedule schedule;
  Counted first, second;
  first.inside = [&] {
    if (first.ticks == 1) schedule.add(second);
  };
  schedule.add(first);

  schedule.run_phase(0, TimePoint{});
  EXPECT_EQ(second.ticks, 0);
  run_all(schedule);
  EXPECT_EQ(second.ticks, 1);
}

}  // namespace
}  // namespace parley::call
