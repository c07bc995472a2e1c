// Signalling that is lost, crosses or stops half-way: nothing is left over, and both ends agree.
#include <gmock/gmock.h>

#include <set>

#include "sim/sim_fixture.hpp"

namespace parley::sim {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Of every call: numbers without a gap, the end last, and once.
void expect_orderly_events(const World& world) {
  for (const auto& [id, events] : world.ledger.events) {
    std::uint64_t expected = 0;
    std::size_t ends = 0;
    for (const auto& event : events) {
      EXPECT_EQ(event.seq, ++expected) << id;
      ends += event.type == "call.ended" ? 1 : 0;
    }
    EXPECT_EQ(ends, 1u) << id;
    EXPECT_EQ(events.back().type, "call.ended") << id;
    const auto published = world.events.of_call(id);
    EXPECT_EQ(published.size(), events.size()) << id;
  }
}

TEST(Signalling, CallsCompleteAndLeaveNothingWhenAFifthOfItIsLost) {
  std::size_t answered = 0, by_caller = 0, total = 0;
  for (const auto number : seeds(200)) {
    PARLEY_SIM_SEED(number);
    World world{number};
    Path path;
    path.signalling = {.loss = 0.2, .jitter = 40ms, .duplication = 0.02};
    Phone& phone = world.call("9196", {}, path);

    world.run_for(15s);
    const bool up = phone.answered() && !phone.ended();
    phone.hang_up();
    world.run_for(2 * all_timers);

    ++total;
    answered += up ? 1 : 0;
    EXPECT_TRUE(phone.ended());
    EXPECT_EQ(world.leftovers(), "");
    expect_orderly_events(world);
    if (world.ledger.order.empty()) continue;
    by_caller += world.final_row().end_cause == call::EndCause::caller_hangup ? 1 : 0;
  }
  std::printf("20 %% loss: %zu of %zu calls up after 15 s, %zu ended by the caller's BYE\n", answered, total,
              by_caller);
  EXPECT_GE(answered * 100, total * 98);
}

TEST(Signalling, ACancelNearTheAnswerEndsTheCallOnBothSides) {
  const auto number = seed();
  std::size_t cancelled = 0, hung_up = 0;
  for (int offset = -20; offset <= 20; ++offset) {
    PARLEY_SIM_SEED(number);
    SCOPED_TRACE("cancelled " + std::to_string(offset) + " ms from the answer");
    World world{number};
    world.ledger.open_delay = 60ms;
    Phone& phone = world.call("9196");
    // The INVITE takes 10 ms, the row 60: the answer leaves then.
    world.after(70ms + std::chrono::milliseconds{offset}, [&phone] { phone.hang_up(); });

    world.run_for(5s);
    ASSERT_EQ(world.ledger.order.size(), 1u);
    const auto cause = world.final_row().end_cause;
    world.run_for(2 * all_timers);

    EXPECT_TRUE(phone.ended());
    ASSERT_TRUE(cause.has_value()) << "the call goes on without its caller";
    EXPECT_THAT(*cause, AnyOf(call::EndCause::cancelled, call::EndCause::caller_hangup));
    cancelled += *cause == call::EndCause::cancelled ? 1 : 0;
    hung_up += *cause == call::EndCause::caller_hangup ? 1 : 0;
    EXPECT_EQ(world.leftovers(), "");
    expect_orderly_events(world);
  }
  std::printf("cancel race: %zu cancelled, %zu hung up\n", cancelled, hung_up);
  EXPECT_GT(cancelled, 5u);
  EXPECT_GT(hung_up, 5u);
}

TEST(Signalling, OffersThatCrossAreBothMadeInTheEnd) {
  const auto number = seed();
  std::uint64_t glares = 0;
  for (int offset = -15; offset <= 15; offset += 3) {
    PARLEY_SIM_SEED(number);
    SCOPED_TRACE("offered " + std::to_string(offset) + " ms from the refresh");
    World world{number, {.session_expires = 90s}};
    Phone& phone = world.add_phone({.understands_update = false});
    world.dial(phone, call::RouteTarget::Kind::tone);
    world.run_for(3s);
    // Parley refreshes its session at half time, counted from the answer that it got.
    const auto refresh = world.answered_at(world.call_id()) + 45s;
    world.at(refresh + std::chrono::milliseconds{offset}, [&world, &phone] {
      if (phone.offer(sdp::Direction::sendonly)) return;
      world.after(1s, [&phone] { phone.offer(sdp::Direction::sendonly); });  // theirs was under way
    });

    world.run_until(refresh + 20s);
    const auto held = world.final_row().on_hold;
    phone.hang_up();
    world.run_for(all_timers);

    glares += phone.counters().glares;
    EXPECT_TRUE(held) << "the phone's hold was lost";
    EXPECT_EQ(world.final_row().end_cause, call::EndCause::caller_hangup);
    EXPECT_EQ(world.leftovers(), "");
  }
  std::printf("glare: %llu requests crossed\n", static_cast<unsigned long long>(glares));
  EXPECT_GT(glares, 0u);
}

TEST(Signalling, FiveHundredCallsThatHangUpWheneverTheyLikeLeaveNothing) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  auto random = Random::seeded(number + 77);
  const auto start = world.timeline.now();
  std::size_t abrupt = 0;
  for (int i = 0; i < 500; ++i) {
    Path path;
    path.signalling = {.loss = 0.05, .jitter = 30ms, .duplication = 0.01};
    path.media = {.loss = 0.02, .jitter = 20ms};
    const auto arrives = start + i * 40ms;
    const bool abruptly = random.unit() < 0.05;
    abrupt += abruptly ? 1 : 0;
    // Anything from before the first answer could come to long after it, by either side.
    const auto lasts = abruptly ? std::chrono::microseconds{random.below(3'000'000)}
                                : std::chrono::microseconds{2'000'000 + random.below(3'000'000)};
    const bool by_parley = random.unit() < 0.3;
    world.at(arrives, [&world, path, lasts, by_parley] {
      Phone& phone = world.call("9196", {}, path);
      world.after(lasts, [&world, &phone, by_parley] {
        call::Call* const live = by_parley ? world.live_call(phone) : nullptr;
        if (live) live->hang_up(call::EndCause::api);
        else phone.hang_up();
      });
    });
  }

  world.run_for(500 * 40ms + 10s + 3 * all_timers);

  std::printf("random hang-ups: %zu abrupt of 500, %zu calls in the ledger\n", abrupt, world.ledger.order.size());
  EXPECT_GT(world.ledger.order.size(), 480u);
  EXPECT_EQ(world.leftovers(), "");
  expect_orderly_events(world);
}

TEST(Signalling, CallersOfTheAssistantMayHangUpInTheMiddleOfAnything) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number, {.detect_speech = true}};
  auto& config = world.assistant_config;
  auto stt = std::make_shared<ScriptedStt>(world.timeline);
  stt->texts.assign(1'000, "Tell me more");
  config.stt = stt;
  config.llm = std::make_shared<ScriptedLlm>(world.timeline);
  config.tts = std::make_shared<ScriptedTts>(
      world.timeline, [number](std::string_view) { return vowels(number, 0.8, audio::Rate::narrow); });
  auto random = Random::seeded(number + 78);
  const auto words = vowels(number + 1, 0.6, audio::Rate::narrow);
  for (int i = 0; i < 150; ++i) {
    const auto lasts = std::chrono::microseconds{random.below(6'000'000)};
    world.after(i * 60ms, [&world, &words, lasts] {
      Path path;
      path.signalling.loss = 0.05;
      Phone& phone = world.call("1000", {}, path);
      world.after(1'700ms, [&phone, &words] { phone.say(words); });
      world.after(lasts, [&phone] { phone.hang_up(); });
    });
  }

  world.run_for(150 * 60ms + 10s + 3 * all_timers);

  std::size_t turns = 0;
  for (const auto& [id, said] : world.ledger.turns) turns += said.size();
  std::printf("assistant: %zu calls, %zu turns\n", world.ledger.order.size(), turns);
  EXPECT_GT(turns, 150u);
  EXPECT_EQ(world.leftovers(), "");
  expect_orderly_events(world);
}

TEST(Signalling, HoldIsUnderstoodThoughAFifthOfItIsLost) {
  for (const auto number : seeds(50)) {
    PARLEY_SIM_SEED(number);
    World world{number};
    Path path;
    path.signalling = {.loss = 0.2, .jitter = 30ms};
    Phone& phone = world.call("9197", {}, path);
    world.run_for(15s);
    ASSERT_TRUE(phone.answered());
    phone.offer(sdp::Direction::sendonly);
    world.run_for(20s);
    EXPECT_TRUE(world.final_row().on_hold);
    phone.offer(sdp::Direction::sendrecv);
    world.run_for(20s);
    EXPECT_FALSE(world.final_row().on_hold);
    phone.hang_up();
    world.run_for(2 * all_timers);
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Signalling, APhoneThatVanishesIsGivenUp) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  Path path;
  const auto vanishes = world.timeline.now() + 5s;
  path.signalling.outages = path.media.outages = {{vanishes, TimePoint::max()}};
  Phone& phone = world.call("9196", {}, path);
  world.run_for(5s + 31s);
  EXPECT_EQ(world.final_row().end_cause, call::EndCause::media_timeout);
  phone.hang_up();
  world.run_for(2 * all_timers);

  EXPECT_EQ(world.leftovers(), "");
}

TEST(Signalling, ACallerWhoNeverAcknowledgesIsGivenUp) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  Path path;
  path.signalling.outages = {{world.timeline.now() + 12ms, TimePoint::max()}};
  Phone& phone = world.call("9196", {.sends_media = false}, path);
  world.run_for(5min);  // the phone rings for three of them

  EXPECT_TRUE(phone.ended());
  ASSERT_EQ(world.ledger.order.size(), 1u);
  EXPECT_TRUE(world.final_row().end_cause.has_value());
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Signalling, CallsBeyondTheCapacityAreRefusedAndPlacesComeBack) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number, {.capacity = 3}};
  std::vector<Phone*> phones;
  for (int i = 0; i < 5; ++i) phones.push_back(&world.call("9196"));
  world.run_for(2s);
  EXPECT_THAT(phones[3]->log, Contains(StartsWith("ended rejected 503")));
  EXPECT_THAT(phones[4]->log, Contains(StartsWith("ended rejected 503")));
  phones[0]->hang_up();
  world.run_for(1s);
  Phone& next = world.call("9196");
  world.run_for(1s);

  EXPECT_TRUE(next.answered());
  for (Phone* phone : {phones[1], phones[2], &next}) phone->hang_up();
  world.run_for(all_timers);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Signalling, AnOutboundCallEndsWithTheCauseOfItsRefusal) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  World world{number};
  world.dial(world.add_phone({.refuses_with = 486}), call::RouteTarget::Kind::tone);
  Phone& sleeper = world.add_phone({.rings_for = 1h});
  world.dial(sleeper, call::RouteTarget::Kind::tone, 10s);
  world.run_for(12s);

  EXPECT_EQ(world.final_row(0).end_cause, call::EndCause::busy);
  EXPECT_EQ(world.final_row(1).end_cause, call::EndCause::no_answer);
  EXPECT_THAT(sleeper.log, Contains(StartsWith("ended cancel")));
  world.run_for(all_timers);
  EXPECT_EQ(world.leftovers(), "");
  expect_orderly_events(world);
}

}  // namespace
}  // namespace parley::sim
