#include "store/records.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>

#include "store/testing.hpp"

namespace parley::store {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> ids(const CallPage& page) {
  std::vector<std::string> found;
  for (const CallRow& call : page.calls) found.push_back(call.id);
  return found;
}

TEST(Records, GiveBackACallAsItEnded) {
  const Folder folder;
  const auto records = open_records(config_in(folder));
  CallRow call = call_named("01A");
  call.external_ids = R"({"twilio_call_sid":"CA1"})";
  call.continues = "010";
  call.user_id = "u1";
  call.user_name = "Alice";
  call.identity = "verified";
  ASSERT_EQ(insert(*records, call), Written::stored);
  call.state = "ended";
  call.answered_at = at(2'000);
  call.ended_at = at(9'000);
  call.duration_ms = 7'000;
  call.end_cause = "caller_hangup";
  call.sip_status = 200;
  call.turns = 3;
  call.recording = "01A.wav";
  call.summary = "wanted milk";
  call.extracted = R"({"item":"milk"})";
  call.quality = R"({"mos":4.3})";

  const auto ended = answer_to<Written>([&](Reply<Written> reply) { records->end_call(call, std::move(reply)); });
  const auto found = get(*records, "01A");

  ASSERT_EQ(ended, Written::stored);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->call, call);
}

TEST(Records, KeepTheSummaryWhenALaterUpdateDoesNotKnowIt) {
  const Folder folder;
  const auto records = open_records(config_in(folder));
  CallRow call = call_named("01A");
  call.summary = "wanted milk";
  (void)answer_to<Written>([&](Reply<Written> reply) { records->end_call(call, std::move(reply)); });

  call.summary = std::nullopt;
  call.turns = 4;
  (void)answer_to<Written>([&](Reply<Written> reply) { records->update_call(call, std::move(reply)); });

  const auto found = get(*records, "01A");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->call.summary, "wanted milk");
  EXPECT_EQ(found->call.turns, 4);
}

TEST(Records, GiveACallWithAllThatBelongsToIt) {
  const Folder folder;
  const auto records = open_records(config_in(folder));
  const LegRow leg{"L1", "01A", "caller", "sip", "sip:alice@example.com", at(1'000), at(9'000), "{}"};
  const TurnRow second{"01A", 2, "L1", "caller", "milk, please", 900, 1'900, false, std::nullopt, "local", "{}"};
  const TurnRow first{"01A", 1,    "",      "assistant", "Hello there",           0,
                      800,   true, "Hello", "local",     R"({"response_ms":640})"};
  const EventRow event{"01A", 1, at(1'000), "call.arrived", R"({"to":"1000"})"};
  const NoteRow note{"N1", "2001", "01A", "call back", "open", at(9'500)};
  records->insert_call(call_named("01A"));
  records->put_leg(leg);
  records->append_turn(second);
  records->append_turn(first);
  records->append_event(event);
  (void)answer_to<Written>([&](Reply<Written> reply) { records->add_note(note, std::move(reply)); });

  const auto found = get(*records, "01A");

  ASSERT_TRUE(found);
  EXPECT_THAT(found->legs, ElementsAre(leg));
  EXPECT_THAT(found->transcript, ElementsAre(first, second));
  EXPECT_THAT(found->events, ElementsAre(event));
  EXPECT_THAT(found->notes, ElementsAre(note));
}

TEST(Records, ShowWhatWasWrittenBeforeTheySettled) {
  const Folder folder;
  const auto records = open_records(config_in(folder));
  for (const char* id : {"01A", "01B", "01C"}) records->insert_call(call_named(id));

  const auto settled = answer_to<Written>([&](Reply<Written> reply) { records->settle(std::move(reply)); });

  ASSERT_EQ(settled, Written::stored);
  EXPECT_TRUE(get(*records, "01C"));
}

TEST(Records, SayThatACallIsNotThere) {
  const Folder folder;
  const auto records = open_records(config_in(folder));

  const auto found = get(*records, "nobody");

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, StoreError::Code::not_found);
}

TEST(Records, ListNewestFirstPageByPageAcrossEqualTimes) {
  const Folder folder;
  const auto records = open_records(config_in(folder));
  for (const auto* id : {"01A", "01B", "01C", "01D"}) records->insert_call(call_named(id, 5'000));
  (void)insert(*records, call_named("010", 9'000));
  CallFilter filter;
  filter.limit = 2;

  std::vector<std::string> seen;
  std::size_t pages = 0;
  do {
    const auto page = list(*records, filter);
    ASSERT_TRUE(page);
    for (const auto& id : ids(*page)) seen.push_back(id);
    filter.cursor = page->next_cursor.value_or("");
    ++pages;
  } while (!filter.cursor.empty());

  EXPECT_THAT(seen, ElementsAre("010", "01D", "01C", "01B", "01A"));
  EXPECT_EQ(pages, 3U);
}

TEST(Records, FilterBySinceUntilStatePartiesAndExternalId) {
  const Folder folder;
  const auto records = open_records(config_in(folder));
  CallRow early = call_named("01A", 1'000);
  early.state = "ended";
  early.external_ids = R"({"twilio_call_sid":"CA1","number":7})";
  CallRow late = call_named("01B", 2'000);
  late.state = "with_assistant";
  late.to = "9196";
  late.from = "bob";
  late.assistant = "";
  records->insert_call(early);
  (void)insert(*records, late);
  const auto matching = [&](auto set) {
    CallFilter filter;
    set(filter);
    const auto page = list(*records, filter);
    EXPECT_TRUE(page) << page.error().message;
    return page ? ids(*page) : std::vector<std::string>{};
  };

  EXPECT_THAT(matching([](CallFilter& f) { f.since = at(2'000); }), ElementsAre("01B"));
  EXPECT_THAT(matching([](CallFilter& f) { f.until = at(2'000); }), ElementsAre("01A"));
  EXPECT_THAT(matching([](CallFilter& f) { f.state = "ended"; }), ElementsAre("01A"));
  EXPECT_THAT(matching([](CallFilter& f) { f.state = "with_assistant"; }), ElementsAre("01B"));
  EXPECT_THAT(matching([](CallFilter& f) { f.to = "9196"; }), ElementsAre("01B"));
  EXPECT_THAT(matching([](CallFilter& f) { f.from = "bob"; }), ElementsAre("01B"));
  EXPECT_THAT(matching([](CallFilter& f) { f.assistant = "reception"; }), ElementsAre("01A"));
  EXPECT_THAT(matching([](CallFilter& f) { f.external_id = "CA1"; }), ElementsAre("01A"));
  EXPECT_THAT(matching([](CallFilter& f) { f.external_id = "7"; }), ElementsAre("01A"));
  EXPECT_THAT(matching([](CallFilter& f) { f.external_id = "' OR 1=1 --"; }), IsEmpty());
}

TEST(Records, RefuseACursorThatIsNotTheirs) {
  const Folder folder;
  const auto records = open_records(config_in(folder));
  for (const std::string cursor : {"x", ".", "12", "12.", "zz.01A", "99999999999999999999.01A"}) {
    CallFilter filter;
    filter.cursor = cursor;

    const auto page = list(*records, filter);

    ASSERT_FALSE(page) << cursor;
    EXPECT_EQ(page.error().code, StoreError::Code::bad_cursor);
  }
}

TEST(Records, StoreACallWhoseExternalIdsAreNotJson) {
  const Folder folder;
  const auto records = open_records(config_in(folder));
  CallRow call = call_named("01A");
  call.external_ids = "{not json";

  EXPECT_EQ(insert(*records, call), Written::stored);
}

TEST(Records, ListOnlyTheOpenTodosOfTheirOwner) {
  const Folder folder;
  const auto records = open_records(config_in(folder));
  const TodoRow milk{"T1", "alice", "milk", at(1'000), std::nullopt};
  const TodoRow bread{"T2", "alice", "bread", at(2'000), std::nullopt};
  records->add_todo(milk);
  records->add_todo(bread);
  records->add_todo({"T3", "bob", "beer", at(3'000), std::nullopt});
  (void)answer_to<Written>([&](Reply<Written> reply) { records->finish_todo("T1", at(4'000), std::move(reply)); });

  const auto todos = answer_to<std::vector<TodoRow>>(
      [&](Reply<std::vector<TodoRow>> reply) { records->list_todos("alice", std::move(reply)); });

  ASSERT_TRUE(todos);
  EXPECT_THAT(*todos, ElementsAre(bread));
}

TEST(Records, MarkOpenCallsInterruptedAtTheirLastEvent) {
  const Folder folder;
  {
    const auto records = open_records(config_in(folder));
    CallRow open = call_named("01A", 1'000);
    open.state = "with_assistant";
    open.answered_at = at(2'000);
    open.recording = "01A.wav";
    CallRow unanswered = call_named("01B", 3'000);
    CallRow ended = call_named("01C", 4'000);
    ended.state = "ended";
    ended.end_cause = "busy";
    records->insert_call(open);
    records->insert_call(unanswered);
    records->insert_call(ended);
    records->append_event({"01A", 1, at(5'000), "dtmf", "{}"});
    records->append_event({"01A", 2, at(8'000), "dtmf", "{}"});
  }
  const auto records = open_records(config_in(folder));

  const auto marked = answer_to<std::vector<Interrupted>>(
      [&](Reply<std::vector<Interrupted>> reply) { records->mark_interrupted(std::move(reply)); });

  ASSERT_TRUE(marked) << marked.error().message;
  ASSERT_THAT(*marked, SizeIs(2));
  EXPECT_EQ((*marked)[0].id, "01A");
  EXPECT_EQ((*marked)[0].recording, "01A.wav");
  const auto first = get(*records, "01A");
  EXPECT_EQ(first->call.state, "ended");
  EXPECT_EQ(first->call.end_cause, "interrupted");
  EXPECT_EQ(first->call.ended_at, at(8'000));
  EXPECT_EQ(first->call.duration_ms, 6'000);
  EXPECT_EQ(get(*records, "01B")->call.ended_at, at(3'000));
  EXPECT_EQ(get(*records, "01B")->call.duration_ms, 0);
  EXPECT_EQ(get(*records, "01C")->call.end_cause, "busy");
}

TEST(Records, CommitWhatWaitsTogether) {
  const Folder folder;
  const auto records = open_records(config_in(folder));

  for (int i = 0; i < 2'000; ++i) records->insert_call(call_named("01A" + std::to_string(i)));
  ASSERT_EQ(insert(*records, call_named("01Z")), Written::stored);

  const auto counters = records->counters();
  EXPECT_EQ(counters.writes, 2'001U);
  EXPECT_LT(counters.commits, 200U);
  EXPECT_EQ(counters.failed, 0U);
}

TEST(Records, RefuseAtOnceWhenTheQueueIsFull) {
  const Folder folder;
  RecordsConfig config = config_in(folder);
  config.write_queue = 1;
  std::atomic<int> refused{0}, accepted{0};
  {
    const auto records = open_records(config);
    // A reply that holds the writer up, so that what follows has to wait.
    std::promise<void> reached, go_on;
    records->insert_call(call_named("01A"), Reply<Written>{[&](Result<Written, StoreError>) {
                           reached.set_value();
                           go_on.get_future().wait();
                         }});
    reached.get_future().wait();
    for (int i = 0; i < 3; ++i)
      records->insert_call(call_named("01B" + std::to_string(i)), Reply<Written>{[&](Result<Written, StoreError> r) {
                             if (r) ++accepted;
                             else if (r.error().code == StoreError::Code::queue_full) ++refused;
                           }});
    EXPECT_EQ(refused, 2);
    go_on.set_value();
  }
  EXPECT_EQ(accepted, 1);
}

TEST(Records, AnswerWhereTheReplyWantsIt) {
  const Folder folder;
  const auto records = open_records(config_in(folder));
  std::promise<std::move_only_function<void()>> posted;
  std::optional<Written> written;

  records->insert_call(call_named("01A"),
                       {[&](std::move_only_function<void()> work) { posted.set_value(std::move(work)); },
                        [&](Result<Written, StoreError> result) { written = result.value(); }});
  auto work = posted.get_future().get();
  EXPECT_EQ(written, std::nullopt);
  work();

  EXPECT_EQ(written, Written::stored);
}

TEST(Records, KeepTheirFilesPrivate) {
  const Folder folder;
  const auto records = open_records(config_in(folder));
  for (const auto* name : {"parley.db", "parley.db-wal", "journal"}) {
    struct stat status{};
    ASSERT_EQ(::stat((folder / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << name;
  }
}

}  // namespace
}  // namespace parley::store
