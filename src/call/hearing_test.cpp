#include "call/hearing.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace parley::call {
namespace {

const std::vector<Part> parts{Part::caller, Part::assistant, Part::agent, Part::agent_apart,
                              Part::player, Part::music,     Part::brief};

TEST(Hearing, OnlyTheAgentApartHearsTheBrief) {
  for (const bool waiting : {false, true})
    for (const Part sink : parts)
      EXPECT_EQ(gain({.waiting = waiting}, Part::brief, sink) > 0, sink == Part::agent_apart);
}

TEST(Hearing, AnAgentWhoIsNotJoinedHearsNobodyAndIsHeardByNobody) {
  for (const Part other : parts) {
    EXPECT_EQ(gain({.waiting = true}, Part::agent_apart, other), 0);
    EXPECT_EQ(gain({}, other, Part::agent_apart), other == Part::brief ? 1 : 0);
  }
}

TEST(Hearing, WhoIsOnHoldHearsMusicAndNoPerson) {
  const Hearing held{.held = true, .assistant = false};
  EXPECT_EQ(gain(held, Part::music, Part::caller), 1);
  for (const Part person : {Part::assistant, Part::agent}) {
    EXPECT_EQ(gain(held, person, Part::caller), 0);
    EXPECT_EQ(gain(held, Part::caller, person), 0);
  }
  EXPECT_EQ(gain(held, Part::music, Part::agent), 0);
  EXPECT_EQ(gain(held, Part::agent, Part::agent), 1);  // those who are not held go on
}

TEST(Hearing, AnAgentWhomTheCallerHasPutOnHoldHearsMusic) {
  EXPECT_EQ(gain({.caller_away = true, .assistant = false}, Part::music, Part::agent), 1);
}

TEST(Hearing, WithAnAgentTheAssistantIsSilent) {
  EXPECT_EQ(gain({.assistant = true}, Part::assistant, Part::caller), 1);
  EXPECT_EQ(gain({.assistant = false}, Part::assistant, Part::caller), 0);
  EXPECT_EQ(gain({.assistant = false}, Part::assistant, Part::agent), 0);
}

}  // namespace
}  // namespace parley::call
