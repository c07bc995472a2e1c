// Whole calls on virtual time, with a scripted leg and application.
#include "call/call.hpp"

#include <gmock/gmock.h>

#include "call/dialler.hpp"
#include "call/event_hub.hpp"
#include "call/registry.hpp"

namespace parley::call {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FakeLeg final : public Leg {
 public:
  struct Log {
    std::vector<std::string> told;
    LegListener* listener = nullptr;
    std::vector<std::int16_t> heard;
  };
  explicit FakeLeg(Log& log) : log_{log} {}

  std::string_view channel() const override { return "sip"; }
  void listen(LegListener& listener) override { log_.listener = &listener; }
  void ring() override { log_.told.push_back("ring"); }
  void answer() override { log_.told.push_back("answer"); }
  void hang_up(EndCause cause) override { log_.told.push_back("hang up " + std::string{to_string(cause)}); }
  void hang_up_answered_elsewhere() override { log_.told.emplace_back("answered elsewhere"); }
  void send_dtmf(std::string_view digits) override { log_.told.push_back("dtmf " + std::string{digits}); }
  void receive(TimePoint) override {}
  void finish_tick(TimePoint) override {}
  bool read(audio::Frame& frame) override {
    std::ranges::fill(frame.samples(), std::int16_t{100});
    return true;
  }
  void write(const audio::Frame* frame) override {
    log_.heard.push_back(frame ? frame->samples()[0] : std::int16_t{0});
  }
  std::chrono::milliseconds heard_delay() const override { return 60ms; }
  LegQuality quality() const override { return {}; }

 private:
  Log& log_;
};

class FakeLedger final : public Ledger {
 public:
  void open(const Summary& call, std::shared_ptr<speech::Executor> executor,
            std::move_only_function<void(bool)> done) override {
    rows.push_back(call);
    executor->post([done = std::move(done), accepted = accept]() mutable { done(accepted); });
  }
  void update(const Summary& call) override { rows.push_back(call); }
  void put_leg(const LegRecord& leg) override { legs.push_back(leg); }
  void put_transfer(const TransferRecord& transfer) override { transfers.push_back(transfer); }
  void append_turn(const std::string&, int seq, const Turn& turn) override {
    turns.push_back(std::to_string(seq) + " " + turn.text);
  }
  void append_event(const std::string&, std::uint64_t, WallTime, std::string_view type, std::string_view) override {
    events.emplace_back(type);
  }
  bool accept = true;
  std::vector<Summary> rows;
  std::vector<LegRecord> legs;
  std::vector<TransferRecord> transfers;
  std::vector<std::string> turns, events;
};

/// Posted work waits until the test runs it, as it does on a worker.
class ManualExecutor final : public speech::Executor {
 public:
  void post(std::move_only_function<void()> work) override { waiting.push_back(std::move(work)); }
  void run() {
    while (!waiting.empty())
      for (auto& work : std::exchange(waiting, {})) work();
  }
  std::vector<std::move_only_function<void()>> waiting;
};

class NoFiles final : public speech::JobQueue {
 public:
  bool try_submit(std::move_only_function<void()>&&) override { return false; }
  std::size_t depth() const override { return 0; }
};

/// Agents at "2001" (as many as a test wants) and at nowhere.
class FakeDialler final : public Dialler {
 public:
  std::vector<DialTarget> locate(std::string_view to) override {
    std::vector<DialTarget> places;
    if (to == "2001")
      for (std::size_t i = 0; i < telephones; ++i) places.push_back({.uri = "sip:2001@host", .address = "2001"});
    return places;
  }
  Result<std::unique_ptr<Leg>, DialFailure> dial(const DialTarget&, LegOptions options,
                                                 LegListener& listener) override {
    dialled.push_back(std::move(options));
    auto& log = *logs.emplace_back(std::make_unique<FakeLeg::Log>());
    if (ends_at_once) listener.on_leg_ended(EndCause::failed, 503);
    auto leg = std::make_unique<FakeLeg>(log);
    leg->listen(listener);
    return std::unique_ptr<Leg>{std::move(leg)};
  }
  std::size_t telephones = 1;
  bool ends_at_once = false;
  std::vector<LegOptions> dialled;
  std::vector<std::unique_ptr<FakeLeg::Log>> logs;
};

struct Script {
  CallControl* call = nullptr;
  std::vector<std::string> told;
  std::function<void(MediaTime)> on_tick;
  bool announces = false;
};

class FakeApplication final : public Application {
 public:
  FakeApplication(Script& script, CallControl& call) : script_{script} { script.call = &call; }
  void start() override { script_.told.push_back("start"); }
  void tick(MediaTime now) override {
    if (script_.on_tick) script_.on_tick(now);
  }
  void on_dtmf(char digit) override { script_.told.push_back(std::string{"dtmf "} + digit); }
  bool input(std::string_view text) override {
    script_.told.push_back("input " + std::string{text});
    return true;
  }
  void finish() override { script_.told.push_back("finish"); }
  void set_standing(Standing standing) override {
    static constexpr const char* names[] = {"talking", "waiting", "listening", "held"};
    script_.told.emplace_back(names[static_cast<std::size_t>(standing)]);
  }
  bool announce_transfer(const TransferRequest&) override { return script_.announces; }
  void on_returned(const Returned& returned) override {
    script_.told.push_back("returned " + returned.status + " " + returned.cause + returned.note);
  }

 private:
  Script& script_;
};

class CallTest : public ::testing::Test, private ApplicationFactory {
 protected:
  Environment make_environment() {
    Environment made;
    made.schedule = &schedule;
    made.events = &events;
    made.ledger = &ledger;
    made.files = &files;
    made.executor = executor;
    made.random = &random;
    made.dialler = &dialler;
    made.clock = [this] { return TimePoint{} + elapsed; };
    made.wall_clock = [this] { return WallTime{} + elapsed; };
    return made;
  }

  Call& arrive(CallOptions options = {}) {
    EXPECT_TRUE(registry.admit());
    options.from = "sip:anna@example.com", options.to = "1000", options.assistant = "reception";
    return registry.create(std::move(options), {}, std::make_unique<FakeLeg>(leg));
  }
  Call& answered(CallOptions options = {}) {
    Call& call = arrive(std::move(options));
    executor->run();
    leg.listener->on_leg_answered();
    return call;
  }
  void tick(int times = 1) {
    for (int i = 0; i < times; ++i) {
      elapsed += 20ms;
      for (std::size_t phase = 0; phase < TickSchedule::phases; ++phase)
        schedule.run_phase(phase, TimePoint{} + elapsed);
      executor->run();
    }
  }

  Duration elapsed{};
  TickSchedule schedule;
  EventHub events;
  FakeLedger ledger;
  NoFiles files;
  FakeDialler dialler;
  Random random = Random::seeded(1);
  std::shared_ptr<ManualExecutor> executor = std::make_shared<ManualExecutor>();
  Environment environment = make_environment();
  Capacity capacity{2};
  Registry registry{environment, *this, capacity};
  FakeLeg::Log leg;
  Script script;

 private:
  std::unique_ptr<Application> make(const RouteTarget&, CallControl& call) override {
    return std::make_unique<FakeApplication>(script, call);
  }
};

TEST_F(CallTest, TheRowIsStoredBeforeTheAnswerGoesOut) {
  arrive();
  EXPECT_THAT(leg.told, ElementsAre("ring"));
  ASSERT_EQ(ledger.rows.size(), 1u);

  executor->run();

  EXPECT_THAT(leg.told, ElementsAre("ring", "answer"));
}

TEST_F(CallTest, ACallWhoseRowCannotBeStoredIsRefused) {
  ledger.accept = false;
  arrive();
  executor->run();
  tick();

  EXPECT_THAT(leg.told, ElementsAre("ring", "hang up failed"));
  EXPECT_EQ(ledger.rows.back().end_cause, EndCause::failed);
}

TEST_F(CallTest, MediaTimeStartsAtTheAnswer) {
  Call& call = arrive();
  executor->run();
  tick(10);
  EXPECT_EQ(call.now(), 0ms);

  leg.listener->on_leg_answered();
  tick(3);

  EXPECT_EQ(call.now(), 60ms);
  EXPECT_THAT(script.told, ElementsAre("start"));
  EXPECT_EQ(call.state(), State::with_assistant);
}

TEST_F(CallTest, TheCallersHangUpEndsItWithEveryThingTold) {
  Call& call = answered();
  const auto id = call.id();
  tick(5);
  leg.listener->on_leg_ended(EndCause::caller_hangup, 200);
  tick();

  EXPECT_THAT(leg.told, ElementsAre("ring", "answer"));  // it is over already
  EXPECT_THAT(script.told, ElementsAre("start", "finish"));
  EXPECT_THAT(ledger.events, ElementsAre("call.arrived", "call.answered", "call.state", "call.ended"));
  EXPECT_EQ(ledger.rows.back().state, State::ended);
  EXPECT_EQ(ledger.rows.back().duration_ms, 100);
  EXPECT_EQ(registry.find(id), nullptr);
  EXPECT_EQ(capacity.used(), 0u);
}

TEST_F(CallTest, AnApplicationMayHangUpInsideItsOwnTick) {
  answered();
  script.on_tick = [&](MediaTime now) {
    if (now >= 100ms) script.call->hang_up(EndCause::assistant_hangup);
  };
  tick(7);

  EXPECT_THAT(leg.told.back(), "hang up assistant_hangup");
  EXPECT_EQ(registry.load(), 0u);
}

TEST_F(CallTest, TheFirstCauseWins) {
  answered();
  leg.listener->on_leg_ended(EndCause::caller_hangup, 0);
  script.call->hang_up(EndCause::api);
  tick();

  EXPECT_EQ(ledger.rows.back().end_cause, EndCause::caller_hangup);
}

TEST_F(CallTest, WorkThatComesBackAfterTheEndIsDropped) {
  Call& call = answered();
  const auto late = call.executor();
  call.hang_up(EndCause::api);
  tick();
  bool ran = false;
  late->post([&] { ran = true; });
  executor->run();

  EXPECT_FALSE(ran);
}

TEST_F(CallTest, ACallThatIsTooLongEnds) {
  answered({.max_duration = 1s});
  tick(50);

  EXPECT_EQ(ledger.rows.back().end_cause, EndCause::limit);
}

TEST_F(CallTest, KeysAreEventsAndReachTheApplication) {
  answered();
  leg.listener->on_leg_dtmf('5');

  EXPECT_THAT(script.told, ElementsAre("start", "dtmf 5"));
  EXPECT_EQ(ledger.events.back(), "dtmf");
}

TEST_F(CallTest, PlayIsMixedInAndEndsByItself) {
  Call& call = answered();
  ASSERT_TRUE(call.play(std::vector<std::int16_t>(240, 900)));  // a frame and a half
  tick(3);

  EXPECT_THAT(leg.heard, ElementsAre(900, 900, 0));
}

TEST_F(CallTest, CommandsBeforeTheAnswerAreRefused) {
  Call& call = arrive();

  EXPECT_FALSE(call.input("hello"));
  EXPECT_FALSE(call.play({1, 2, 3}));
}

TEST_F(CallTest, TheProgramTakesNoMoreCallsThanItsCapacity) {
  EXPECT_TRUE(registry.admit());
  EXPECT_TRUE(registry.admit());
  EXPECT_FALSE(registry.admit());
  registry.release();
  EXPECT_TRUE(registry.admit());
}

TEST_F(CallTest, ACallThatDoesNotEndInTimeIsDestroyedAndItsRowStaysOpen) {
  ASSERT_TRUE(registry.admit());
  const std::string id = answered().id();
  registry.hang_up_all(EndCause::drained);  // no tick comes in which it could end

  registry.abandon_all();

  EXPECT_EQ(registry.find(id), nullptr);
  EXPECT_EQ(registry.load(), 0u);
  EXPECT_EQ(ledger.rows.back().state, State::with_assistant);
}

TEST_F(CallTest, TurnsAreNumberedInOrder) {
  Call& call = answered();
  call.record_turn({.text = "hello"});
  call.record_turn({.text = "bye"});

  EXPECT_THAT(ledger.turns, ElementsAre("1 hello", "2 bye"));
}

// ---- with an agent -----------------------------------------------------------------------------

TEST_F(CallTest, TheAgentIsDialledBeforeTheCallerWasToldAndJoinedAfterwards) {
  Call& call = answered();
  tick();
  script.announces = true;
  ASSERT_TRUE(call.transfer({.to = "2001"}).has_value());
  ASSERT_EQ(dialler.dialled.size(), 1u);
  EXPECT_EQ(dialler.dialled[0].from, "anna");
  EXPECT_EQ(call.state(), State::transferring);

  dialler.logs[0]->listener->on_leg_answered();
  tick(3);
  EXPECT_EQ(call.state(), State::transferring);
  EXPECT_EQ(dialler.logs[0]->heard.back(), 0);  // apart, until the caller was told

  call.transfer_announced();
  tick(3);

  EXPECT_EQ(call.state(), State::with_agent);
  EXPECT_EQ(dialler.logs[0]->heard.back(), 100);
  EXPECT_EQ(leg.heard.back(), 100);
  EXPECT_THAT(script.told, ElementsAre("start", "waiting", "listening"));
  EXPECT_EQ(ledger.transfers.back().state, TransferState::completed);
  EXPECT_EQ(ledger.legs.back().role, "agent");
}

TEST_F(CallTest, ACallIsTransferredBeforeItsFirstTick) {
  Call& call = answered();
  ASSERT_TRUE(call.transfer({.to = "2001"}).has_value());
  tick(50);

  EXPECT_EQ(call.state(), State::transferring);
}

TEST_F(CallTest, OfTwoTelephonesTheSecondToAnswerIsToldThatItWasAnsweredElsewhere) {
  dialler.telephones = 2;
  Call& call = answered();
  tick();
  ASSERT_TRUE(call.transfer({.to = "2001"}).has_value());
  dialler.logs[1]->listener->on_leg_answered();
  dialler.logs[0]->listener->on_leg_answered();
  tick(2);

  EXPECT_THAT(dialler.logs[0]->told, ElementsAre("answered elsewhere"));
  EXPECT_THAT(dialler.logs[1]->told, ElementsAre());
  EXPECT_EQ(call.state(), State::with_agent);
}

TEST_F(CallTest, ABusyAgentReturnsTheCallerWithTheReason) {
  Call& call = answered();
  tick();
  ASSERT_TRUE(call.transfer({.to = "2001"}).has_value());
  dialler.logs[0]->listener->on_leg_ended(EndCause::busy, 486);
  tick();

  EXPECT_EQ(call.state(), State::with_assistant);
  EXPECT_THAT(script.told, ElementsAre("start", "waiting", "talking", "returned failed busy"));
  EXPECT_EQ(ledger.transfers.back().cause, TransferCause::busy);
}

TEST_F(CallTest, ALegThatFailsWhileItIsDialledIsOneFailureMore) {
  dialler.ends_at_once = true;
  Call& call = answered();
  tick();
  const auto begun = call.transfer({.to = "2001", .by = TransferBy::assistant});

  ASSERT_TRUE(begun.has_value());
  EXPECT_NE(begun->failed, TransferCause::none);  // the assistant tells it itself
  EXPECT_THAT(script.told, ElementsAre("start", "waiting", "talking"));
}

TEST_F(CallTest, NobodyToRingIsToldToWhoAskedByTheApi) {
  Call& call = answered();
  tick();
  ASSERT_TRUE(call.transfer({.to = "2999"}).has_value());

  EXPECT_THAT(script.told.back(), "returned failed no_agent");
}

TEST_F(CallTest, TheAgentsGoodbyeEndsTheCallOrReturnsTheCallerAsConfigured) {
  for (const bool back : {false, true}) {
    script.told.clear();
    CallOptions options;
    options.transfer.back_after_hang_up = back;
    Call& call = answered(std::move(options));
    tick();
    ASSERT_TRUE(call.transfer({.to = "2001"}).has_value());
    dialler.logs.back()->listener->on_leg_answered();
    tick();
    dialler.logs.back()->listener->on_leg_ended(EndCause::caller_hangup, 0);
    tick();

    if (back) {
      EXPECT_EQ(script.told.back(), "returned agent_left hung_up");
    } else {
      EXPECT_EQ(ledger.rows.back().end_cause, EndCause::agent_hangup);
    }
  }
}

TEST_F(CallTest, AnAgentWhoIsLostAlwaysReturnsTheCaller) {
  Call& call = answered();
  tick();
  ASSERT_TRUE(call.transfer({.to = "2001"}).has_value());
  dialler.logs[0]->listener->on_leg_answered();
  tick();
  dialler.logs[0]->listener->on_leg_ended(EndCause::media_timeout, 0);
  tick();

  EXPECT_EQ(script.told.back(), "returned agent_left lost");
  EXPECT_EQ(call.state(), State::with_assistant);
}

TEST_F(CallTest, AHandBackHangsUpOnTheAgentAndTellsTheNote) {
  Call& call = answered();
  tick();
  EXPECT_FALSE(call.hand_back("too early"));
  ASSERT_TRUE(call.transfer({.to = "2001"}).has_value());
  dialler.logs[0]->listener->on_leg_answered();
  tick();
  EXPECT_TRUE(call.hand_back("!"));
  tick(2);

  EXPECT_THAT(dialler.logs[0]->told, ElementsAre("hang up transferred"));
  EXPECT_EQ(script.told.back(), "returned handed_back !");
  EXPECT_TRUE(ledger.legs.back().left_at.has_value());
}

TEST_F(CallTest, ACallThatEndsTakesEveryLegWithIt) {
  dialler.telephones = 2;
  Call& call = answered();
  tick();
  ASSERT_TRUE(call.transfer({.to = "2001"}).has_value());
  leg.listener->on_leg_ended(EndCause::caller_hangup, 0);
  tick();

  for (const auto& agent : dialler.logs) EXPECT_THAT(agent->told, ElementsAre("hang up cancelled"));
  EXPECT_EQ(ledger.transfers.back().state, TransferState::cancelled);
  EXPECT_EQ(registry.load(), 0u);
}

TEST_F(CallTest, AKeyOfTheCallerBeginsAConfiguredTransfer) {
  CallOptions options;
  options.transfer.to = "2001";
  options.transfer.key = '0';
  Call& call = answered(std::move(options));
  tick();
  leg.listener->on_leg_dtmf('5');
  EXPECT_EQ(call.state(), State::with_assistant);
  leg.listener->on_leg_dtmf('0');

  EXPECT_EQ(call.state(), State::transferring);
}

TEST_F(CallTest, OnHoldNeitherSideHearsTheOther) {
  Call& call = answered();
  tick();
  ASSERT_TRUE(call.transfer({.to = "2001"}).has_value());
  dialler.logs[0]->listener->on_leg_answered();
  tick(2);
  EXPECT_TRUE(call.hold(true));
  tick(2);
  EXPECT_EQ(leg.heard.back(), 0);
  EXPECT_EQ(dialler.logs[0]->heard.back(), 0);
  EXPECT_TRUE(ledger.rows.back().on_hold);

  EXPECT_TRUE(call.hold(false));
  tick(2);
  EXPECT_EQ(leg.heard.back(), 100);
}

TEST_F(CallTest, AnAgentWhoTransfersOnKeepsTheCallerUntilTheOtherHasThem) {
  Call& call = answered();
  tick();
  ASSERT_TRUE(call.transfer({.to = "2001"}).has_value());
  dialler.logs[0]->listener->on_leg_answered();
  tick();

  ASSERT_TRUE(call.transfer({.to = "2001"}).has_value());
  tick(2);
  EXPECT_EQ(leg.heard.back(), 0);
  dialler.logs[1]->listener->on_leg_ended(EndCause::busy, 486);
  tick(2);
  EXPECT_EQ(call.state(), State::with_agent);
  EXPECT_EQ(leg.heard.back(), 100);  // the first is there again

  ASSERT_TRUE(call.transfer({.to = "2001"}).has_value());
  dialler.logs[2]->listener->on_leg_answered();
  tick(2);
  EXPECT_THAT(dialler.logs[0]->told, ElementsAre("hang up transferred"));
  EXPECT_EQ(call.state(), State::with_agent);
  EXPECT_EQ(leg.heard.back(), 100);
}

}  // namespace
}  // namespace parley::call
