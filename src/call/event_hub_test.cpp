#include "call/event_hub.hpp"

namespace parley::call {
namespace {

/// A subscriber's thread, run by hand.
struct Loop {
  std::vector<std::move_only_function<void()>> posted;
  EventHub::Post post() {
    return [this](std::move_only_function<void()> work) { posted.push_back(std::move(work)); };
  }
  void run() {
    for (auto& work : std::exchange(posted, {})) work();
  }
};

Event event(std::string call_id, std::string type) {
  return {.at = WallTime{}, .call_id = std::move(call_id), .type = std::move(type), .data = "{}"};
}

std::vector<std::string> names(const std::vector<EventPointer>& events) {
  std::vector<std::string> names;
  for (const auto& event : events)
    names.push_back(event->call_id + " " + event->type + " " + std::to_string(event->seq));
  return names;
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(EventHub, GivesSubscribersWhatTheyAskedForAndWakesThemOnce) {
  EventHub hub;
  Loop loop;
  int woken = 0;
  auto all = hub.subscribe({}, {}, loop.post(), [&] { ++woken; }).value();
  auto one = hub.subscribe({.call_id = "b", .types = {"dtmf"}}, {}, loop.post(), [] {}).value();

  hub.publish(event("a", "call.arrived"));
  hub.publish(event("b", "call.arrived"));
  hub.publish(event("b", "dtmf"));
  loop.run();

  EXPECT_EQ(woken, 1);
  EXPECT_THAT(names(all->take(10)), ElementsAre("a call.arrived 1", "b call.arrived 1", "b dtmf 2"));
  EXPECT_THAT(names(one->take(10)), ElementsAre("b dtmf 2"));
  hub.publish(event("a", "call.ended"));
  loop.run();
  EXPECT_EQ(woken, 2);
}

TEST(EventHub, ReplaysWhatCameAfterACursor) {
  EventHub hub;
  Loop loop;
  for (const char* type : {"call.arrived", "call.answered", "dtmf"}) hub.publish(event("a", type));
  const auto cursor = hub.of_call("a").front()->cursor;

  auto late = hub.subscribe({}, cursor, loop.post(), [] {}).value();

  EXPECT_THAT(names(late->take(10)), ElementsAre("a call.answered 2", "a dtmf 3"));
}

TEST(EventHub, SaysThatACursorIsGoneOnceAnythingBehindItWasForgotten) {
  EventHub hub{{.ring = 2}};
  Loop loop;
  hub.publish(event("a", "call.arrived"));
  const auto first = hub.of_call("a").front()->cursor;
  hub.publish(event("a", "call.ended"));
  hub.publish(event("b", "call.arrived"));
  EXPECT_TRUE(hub.subscribe({}, first, loop.post(), [] {}).has_value());

  hub.publish(event("b", "call.answered"));

  EXPECT_EQ(hub.subscribe({}, first, loop.post(), [] {}).error(), SubscribeError::cursor_gone);
  EXPECT_EQ(hub.subscribe({}, "elsewhere-1", loop.post(), [] {}).error(), SubscribeError::cursor_gone);
  EXPECT_EQ(hub.subscribe({}, first + "9", loop.post(), [] {}).error(), SubscribeError::cursor_gone);
}

TEST(EventHub, KeepsAllOfACallInProgressBeyondTheRing) {
  EventHub hub{{.ring = 2}};
  Loop loop;
  hub.publish(event("a", "call.arrived"));
  const auto first = hub.of_call("a").front()->cursor;
  hub.publish(event("a", "dtmf"));
  for (int i = 0; i < 5; ++i) hub.publish(event("", "queue.stats"));

  auto one = hub.subscribe({.call_id = "a", .types = {}}, first, loop.post(), [] {}).value();
  EXPECT_THAT(names(one->take(10)), ElementsAre("a dtmf 2"));
  EXPECT_FALSE(hub.subscribe({}, first, loop.post(), [] {}).has_value());

  hub.publish(event("a", "call.ended"));
  EXPECT_THAT(names(hub.of_call("a")), ElementsAre("a call.ended 3"));
  hub.publish(event("", "queue.stats"));
  hub.publish(event("", "queue.stats"));
  EXPECT_THAT(hub.of_call("a"), IsEmpty());
}

TEST(EventHub, ReplaysCallsInProgressInTheOrderOfAllEvents) {
  EventHub hub{{.ring = 1}};
  Loop loop;
  hub.publish(event("a", "call.arrived"));
  const auto first = hub.of_call("a").front()->cursor;
  hub.publish(event("b", "call.arrived"));
  hub.publish(event("a", "dtmf"));
  hub.publish(event("b", "dtmf"));

  auto all = hub.subscribe({}, first, loop.post(), [] {}).value();

  EXPECT_THAT(names(all->take(10)), ElementsAre("b call.arrived 1", "a dtmf 2", "b dtmf 2"));
}

TEST(EventHub, StaysWithinItsBounds) {
  EventHub hub{{.ring = 4, .per_call = 3, .beyond_ring = 2}};
  for (int i = 0; i < 50; ++i)
    for (const char* call : {"a", "b", "c"}) hub.publish(event(call, "call.state"));
  std::size_t kept = 0;
  for (const char* call : {"a", "b", "c"}) kept += hub.of_call(call).size();
  EXPECT_LE(kept, 6u);
  EXPECT_EQ(hub.of_call("a").back()->seq, 50u);
}

TEST(EventHub, DropsASubscriberThatDoesNotRead) {
  EventHub hub{{.backlog = 2, .subscribers = 1}};
  Loop loop;
  auto slow = hub.subscribe({}, {}, loop.post(), [] {}).value();
  EXPECT_EQ(hub.subscribe({}, {}, loop.post(), [] {}).error(), SubscribeError::too_many);

  for (int i = 0; i < 3; ++i) hub.publish(event("a", "dtmf"));

  EXPECT_TRUE(slow->dropped());
  EXPECT_THAT(slow->take(10), IsEmpty());
}

TEST(EventHub, DoesNotCallASubscriberThatIsGone) {
  EventHub hub;
  Loop loop;
  auto gone = hub.subscribe({}, {}, loop.post(), [] { FAIL(); }).value();
  hub.publish(event("a", "dtmf"));
  gone.reset();
  loop.run();
  EXPECT_THAT(loop.posted, IsEmpty());
}

TEST(Event, IsOneLineOfJson) {
  const Event event{
      .cursor = "x-1", .seq = 7, .at = WallTime{}, .call_id = "a\"b", .type = "dtmf", .data = R"({"digit":"5"})"};
  EXPECT_EQ(
      to_json(event),
      R"({"cursor":"x-1","seq":7,"at":"1970-01-01T00:00:00.000Z","call_id":"a\"b","type":"dtmf","data":{"digit":"5"}})");
}

}  // namespace
}  // namespace parley::call
