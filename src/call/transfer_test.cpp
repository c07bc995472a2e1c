// The transfer's decisions, without a call: whom it rings, who wins, and who is told why not.
#include "call/transfer.hpp"

#include <gmock/gmock.h>

#include <string>

#include "base/overloaded.hpp"
#include "base/random.hpp"

namespace parley::call {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TimePoint start{};

std::string text(const Transfer::Output& output) {
  const auto n = [](Transfer::Target target) { return " " + std::to_string(target); };
  return std::visit(
      Overloaded{[&](const Transfer::Dial& o) { return "dial" + n(o.target); },
                 [&](const Transfer::Drop& o) { return (o.elsewhere ? "elsewhere" : "drop") + n(o.target); },
                 [&](const Transfer::Ringing& o) { return "ringing" + n(o.target); },
                 [&](const Transfer::Answered& o) { return "answered" + n(o.target); },
                 [&](const Transfer::Brief& o) { return "brief" + n(o.target); },
                 [](const Transfer::StartMusic&) { return std::string{"music"}; },
                 [](const Transfer::StopMusic&) { return std::string{"no music"}; },
                 [&](const Transfer::Join& o) { return "join" + n(o.target); },
                 [](const Transfer::Returned& o) {
                   return std::string{to_string(o.state)} + " " + std::string{to_string(o.cause)};
                 }},
      output);
}

std::vector<std::string> drain(Transfer& transfer) {
  std::vector<std::string> all;
  while (auto output = transfer.poll()) all.push_back(text(*output));
  return all;
}

TEST(Transfer, DialsAtOnceAndPlaysMusicWhenTheCallerWasTold) {
  Transfer transfer{{}, start};
  EXPECT_THAT(drain(transfer), ElementsAre("dial 0"));

  transfer.ringing(0);
  transfer.announced(start + 2s);

  EXPECT_THAT(drain(transfer), ElementsAre("ringing 0", "music"));
  EXPECT_EQ(transfer.state(), TransferState::ringing);
}

TEST(Transfer, JoinsOnAnswer) {
  Transfer transfer{{.announced = true}, start};
  transfer.ringing(0);
  drain(transfer);

  transfer.answered(0, start + 5s);

  EXPECT_THAT(drain(transfer), ElementsAre("answered 0", "no music", "join 0"));
  EXPECT_EQ(transfer.state(), TransferState::completed);
  EXPECT_EQ(transfer.deadline(), TimePoint::max());
}

TEST(Transfer, AnAnswerDuringTheAnnouncementWaitsForItsEnd) {
  Transfer transfer{{}, start};
  transfer.answered(0, start + 1s);
  EXPECT_THAT(drain(transfer), ElementsAre("dial 0", "answered 0"));

  transfer.announced(start + 2s);

  EXPECT_THAT(drain(transfer), ElementsAre("join 0"));  // no note of music in between
}

TEST(Transfer, AVoiceThatNeverEndsKeepsNobodyApart) {
  Transfer transfer{{}, start};
  transfer.answered(0, start + 1s);
  drain(transfer);

  ASSERT_EQ(transfer.deadline(), start + Transfer::longest_announcement);
  transfer.advance(transfer.deadline());

  EXPECT_THAT(drain(transfer), ElementsAre("join 0"));
}

TEST(Transfer, OfTwoThatAnswerInOneInstantTheFirstWins) {
  Transfer transfer{{.targets = 3, .announced = true}, start};
  transfer.ringing(0);
  drain(transfer);

  transfer.answered(1, start + 1s);
  transfer.answered(2, start + 1s);
  transfer.ended(0, TransferCause::no_answer, start + 1s);

  EXPECT_THAT(drain(transfer), ElementsAre("elsewhere 0", "elsewhere 2", "answered 1", "no music", "join 1"));
}

TEST(Transfer, WhatNobodyAnswersInTimeFailsWithTheReasonThatSaysMost) {
  Transfer transfer{{.targets = 2, .announced = true, .ring_timeout = 20s}, start};
  transfer.ringing(1);
  drain(transfer);

  transfer.advance(start + 19s);
  EXPECT_THAT(drain(transfer), IsEmpty());
  transfer.advance(start + 20s);

  EXPECT_THAT(drain(transfer), ElementsAre("drop 0", "drop 1", "no music", "failed no_answer"));
}

TEST(Transfer, WhatNeverRangWasUnreachable) {
  Transfer transfer{{}, start};
  drain(transfer);
  transfer.advance(start + 30s);
  transfer.advance(start + 30s);

  EXPECT_EQ(drain(transfer).back(), "failed unreachable");
}

TEST(Transfer, BusyGoesBeforeOtherReasons) {
  Transfer transfer{{.targets = 3}, start};
  drain(transfer);
  transfer.ended(0, TransferCause::unreachable, start);
  transfer.ended(1, TransferCause::busy, start);
  EXPECT_THAT(drain(transfer), IsEmpty());  // one still may answer
  transfer.ended(2, TransferCause::rejected, start);

  EXPECT_THAT(drain(transfer), ElementsAre("failed busy"));
}

TEST(Transfer, WithoutATargetItFailsAtOnce) {
  Transfer transfer{{.targets = 0}, start};

  EXPECT_THAT(drain(transfer), ElementsAre("failed no_agent"));
}

TEST(Transfer, OneByOneTheNextIsDialledWhenTheOneBeforeIsOver) {
  Transfer transfer{{.targets = 3, .one_by_one = true, .announced = true, .ring_timeout = 10s}, start};
  EXPECT_THAT(drain(transfer), ElementsAre("music", "dial 0"));

  transfer.ended(0, TransferCause::busy, start + 1s);
  EXPECT_THAT(drain(transfer), ElementsAre("dial 1"));
  transfer.ringing(1);
  transfer.advance(start + 11s);

  EXPECT_THAT(drain(transfer), ElementsAre("ringing 1", "drop 1", "dial 2"));
  EXPECT_EQ(transfer.deadline(), start + 21s);
}

TEST(Transfer, ACallerWhoChangesTheirMindStopsAllOfIt) {
  Transfer transfer{{.targets = 2, .announced = true}, start};
  drain(transfer);
  transfer.cancel(TransferCause::caller);
  transfer.answered(0, start + 1s);  // crosses the CANCEL

  EXPECT_THAT(drain(transfer), ElementsAre("drop 0", "drop 1", "no music", "cancelled caller"));
}

TEST(Transfer, AWarmOneIsJoinedWhenTheAgentAccepts) {
  Transfer transfer{{.mode = TransferMode::warm, .announced = true}, start};
  drain(transfer);
  transfer.answered(0, start + 3s);
  EXPECT_THAT(drain(transfer), ElementsAre("answered 0", "brief 0"));
  EXPECT_EQ(transfer.state(), TransferState::briefing);

  transfer.accept(0, start + 4s);  // in the middle of the brief

  EXPECT_THAT(drain(transfer), ElementsAre("no music", "join 0"));
}

TEST(Transfer, AnAgentWhoPressesNothingHasAcceptedSoLongAfterTheBrief) {
  Transfer transfer{{.mode = TransferMode::warm, .announced = true, .accept_after = 8s}, start};
  transfer.answered(0, start + 3s);
  transfer.briefed(start + 7s);
  drain(transfer);

  ASSERT_EQ(transfer.deadline(), start + 15s);
  transfer.advance(start + 15s);

  EXPECT_THAT(drain(transfer), ElementsAre("no music", "join 0"));
}

TEST(Transfer, ByKeyOnlyAnAgentWhoPressesNothingIsNotThere) {
  Transfer transfer{{.mode = TransferMode::warm, .announced = true, .accept_after = 0s}, start};
  transfer.answered(0, start);
  transfer.briefed(start + 4s);
  drain(transfer);
  transfer.advance(start + 4s + Transfer::longest_thought);

  EXPECT_THAT(drain(transfer), ElementsAre("drop 0", "no music", "failed no_answer"));
}

TEST(Transfer, ADeclineReturnsTheCallerOrTriesTheNext) {
  Transfer alone{{.mode = TransferMode::warm, .announced = true}, start};
  alone.answered(0, start);
  drain(alone);
  alone.decline(0, start + 1s);
  EXPECT_THAT(drain(alone), ElementsAre("drop 0", "no music", "declined declined"));

  Transfer row{{.targets = 2, .mode = TransferMode::warm, .one_by_one = true, .announced = true}, start};
  row.answered(0, start);
  drain(row);
  row.decline(0, start + 1s);
  EXPECT_THAT(drain(row), ElementsAre("drop 0", "dial 1"));
}

TEST(Transfer, AnAgentWhoHangsUpDuringTheBriefHasNotTakenTheCall) {
  Transfer transfer{{.mode = TransferMode::warm, .announced = true}, start};
  transfer.answered(0, start);
  drain(transfer);
  transfer.ended(0, TransferCause::rejected, start + 1s);

  EXPECT_THAT(drain(transfer), ElementsAre("no music", "failed hung_up"));
}

/// Whatever comes in whatever order: everyone dialled is dropped, gone or joined, music that began ends, and there is
/// one last output.
TEST(Transfer, EveryOrderOfEventsLeavesNobodyBehind) {
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    auto random = Random::seeded(seed);
    const std::size_t targets = random.below(4);
    Transfer transfer{{.targets = targets,
                       .mode = random.below(2) == 0 ? TransferMode::blind : TransferMode::warm,
                       .one_by_one = random.below(2) == 0,
                       .announced = random.below(2) == 0,
                       .accept_after = std::chrono::seconds{random.below(2) * 5}},
                      start};
    std::vector<int> live(targets);  // 1: dialled, 0: not
    int music = 0, joined = 0, last = 0;
    TimePoint now = start;
    for (int step = 0; step < 400 && last == 0; ++step) {
      while (auto output = transfer.poll()) {
        EXPECT_EQ(last, 0);
        std::visit(
            Overloaded{[&](const Transfer::Dial& o) { EXPECT_EQ(live[o.target]++, 0); },
                       [&](const Transfer::Drop& o) { EXPECT_EQ(live[o.target]--, 1); },
                       [&](const Transfer::Join& o) {
                         EXPECT_EQ(live[o.target], 1);
                         ++joined;
                         ++last;
                       },
                       [&](const Transfer::StartMusic&) { ++music; }, [&](const Transfer::StopMusic&) { --music; },
                       [&](const Transfer::Returned&) { ++last; }, [](const auto&) {}},
            *output);
      }
      if (last > 0) break;
      now += std::chrono::milliseconds{random.below(3'000)};
      const auto target = targets == 0 ? 0 : random.below(targets);
      switch (random.below(10)) {
        case 0: transfer.announced(now); break;
        case 1: transfer.briefed(now); break;
        case 2:
          if (random.below(20) == 0) transfer.cancel(TransferCause::api);
          break;
        default:
          if (targets == 0 || live[target] == 0) break;
          switch (random.below(6)) {
            case 0: transfer.answered(target, now); break;
            case 1: transfer.ringing(target); break;
            case 2: transfer.accept(target, now); break;
            case 3: transfer.decline(target, now); break;
            case 4: {
              const bool was = live[target] == 1;
              transfer.ended(target, TransferCause::busy, now);
              if (was) live[target] = 0;
              break;
            }
            default: break;
          }
      }
      transfer.advance(now);
    }
    EXPECT_EQ(last, 1);
    EXPECT_EQ(music, 0);
    int left = 0;
    for (const int one : live) left += one;
    EXPECT_EQ(left, joined);
  }
}

}  // namespace
}  // namespace parley::call
