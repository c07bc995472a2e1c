// The database away, damaged, or the program killed.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "store/migrations.hpp"
#include "store/testing.hpp"

namespace parley::store {
namespace {

using namespace testing;
using ::testing::HasSubstr;

/// Another process's lock, as far as SQLite can tell.
class Lock {
 public:
  explicit Lock(const std::filesystem::path& database) : connection_{Connection::open({database}).value()} {
    EXPECT_TRUE(connection_.run("BEGIN IMMEDIATE"));
  }
  ~Lock() { connection_.roll_back(); }

 private:
  Connection connection_;
};

/// Each write is behind whatever is still in the journal, so the first that is stored came after a replay.
void write_until_stored(Records& records) {
  for (int i = 0; i < 100'000; ++i)
    if (const auto written = insert(records, call_named("01Z")); written && *written == Written::stored) return;
  FAIL() << "the database did not come back";
}

TEST(RecordsAway, JournalWritesWhileLockedAndReplayThemInOrder) {
  const Folder folder;
  const auto records = open_records(config_in(folder));
  CallRow call = call_named("01A");
  {
    const Lock lock{folder / "parley.db"};
    EXPECT_EQ(insert(*records, call), Written::journaled);
    EXPECT_FALSE(records->healthy());
    call.state = "with_assistant";
    (void)answer_to<Written>([&](Reply<Written> reply) { records->update_call(call, std::move(reply)); });
    call.state = "ended";
    (void)answer_to<Written>([&](Reply<Written> reply) { records->update_call(call, std::move(reply)); });
    EXPECT_EQ(get(*records, "01A").error().code, StoreError::Code::not_found);
  }

  write_until_stored(*records);

  EXPECT_TRUE(records->healthy());
  EXPECT_EQ(get(*records, "01A")->call.state, "ended");
  EXPECT_GE(records->counters().replayed, 3U);
  EXPECT_EQ(std::filesystem::file_size(folder / "journal"), 0U);
  EXPECT_EQ(insert(*records, call_named("01B")), Written::stored);
}

TEST(RecordsAway, JournalWritesWhenTheDatabaseIsFull) {
  const Folder folder;
  RecordsConfig config = config_in(folder);
  config.database_bytes = 200'000;
  config.retry_every = 1h;
  const auto records = open_records(config);
  CallRow big = call_named("01A");
  big.user_name = std::string(300'000, 'x');

  EXPECT_EQ(insert(*records, call_named("01B")), Written::stored);
  EXPECT_EQ(insert(*records, big), Written::journaled);

  EXPECT_FALSE(records->healthy());
  EXPECT_TRUE(get(*records, "01B"));
}

TEST(RecordsAway, ReplayWhatAnEarlierRunLeft) {
  const Folder folder;
  RecordsConfig config = config_in(folder);
  config.retry_every = 1h;
  {
    auto records = open_records(config);
    const Lock lock{folder / "parley.db"};
    EXPECT_EQ(insert(*records, call_named("01A")), Written::journaled);
    records.reset();  // while the lock still holds
  }

  const auto records = open_records(config);

  EXPECT_TRUE(records->healthy());
  EXPECT_TRUE(get(*records, "01A"));
}

TEST(RecordsAway, RefuseWritesWhenTheJournalIsFullToo) {
  const Folder folder;
  RecordsConfig config = config_in(folder);
  config.journal_bytes = 100;
  const auto records = open_records(config);
  const Lock lock{folder / "parley.db"};

  const auto written = insert(*records, call_named("01A"));

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, StoreError::Code::journal_full);
  EXPECT_THAT(written.error().message, HasSubstr("database is still away"));
}

TEST(RecordsAway, GoOnReadingWhileAnotherWrites) {
  const Folder folder;
  const auto records = open_records(config_in(folder));
  (void)insert(*records, call_named("01A"));
  const Lock lock{folder / "parley.db"};

  EXPECT_TRUE(get(*records, "01A"));
}

TEST(RecordsAway, SayWhatIsWrongWithAFileThatIsNoDatabase) {
  const Folder folder;
  std::ofstream{folder / "parley.db"} << std::string(4'096, 'x');

  const auto records = Records::open(config_in(folder));

  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().code, StoreError::Code::corrupt);
  EXPECT_THAT(records.error().message, HasSubstr("parley.db"));
  EXPECT_THAT(records.error().message, HasSubstr("restore a backup"));
}

TEST(RecordsAway, SayWhatIsWrongWithAFolderThatIsNotThere) {
  const Folder folder;
  RecordsConfig config = config_in(folder);
  config.database = folder / "none" / "parley.db";

  const auto records = Records::open(config);

  ASSERT_FALSE(records);
  EXPECT_THAT(records.error().message, HasSubstr("cannot be opened"));
}

TEST(Migrations, RefuseADatabaseOfALaterVersion) {
  const Folder folder;
  (void)open_records(config_in(folder));
  {
    auto connection = Connection::open({folder / "parley.db"}).value();
    ASSERT_TRUE(connection.run("INSERT INTO schema_version (version) VALUES (999)"));
  }

  const auto records = Records::open(config_in(folder));

  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().code, StoreError::Code::newer_schema);
  EXPECT_THAT(records.error().message, HasSubstr("schema 999"));
}

TEST(Migrations, AreAppliedOnce) {
  const Folder folder;
  auto connection = Connection::open({folder / "x.db"}).value();

  ASSERT_TRUE(migrate(connection));
  ASSERT_TRUE(migrate(connection));

  auto query = connection.query("SELECT count(*), max(version) FROM schema_version").value();
  ASSERT_TRUE(query.step().value());
  EXPECT_EQ(query.integer(0), newest_schema());
  EXPECT_EQ(query.integer(1), newest_schema());
}

TEST(Records, KeepWhatWasCommittedWhenTheProcessIsKilled) {
  const Folder folder;
  int told[2];
  ASSERT_EQ(::pipe(told), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Tells each id after its commit, until it is killed.
    auto records = Records::open(config_in(folder));
    if (!records) ::_exit(1);
    for (int i = 0;; ++i) {
      const std::uint32_t number = static_cast<std::uint32_t>(i);
      (*records)->insert_call(call_named("01A" + std::to_string(i)), Reply<Written>{[&, number](auto result) {
                                if (result && ::write(told[1], &number, sizeof number) < 0) ::_exit(2);
                              }});
      if (i % 50 == 0) std::this_thread::yield();
      while ((*records)->counters().queued > 1'000) std::this_thread::yield();
    }
  }
  ::close(told[1]);
  std::uint32_t number = 0, last = 0;
  while (last < 500 && ::read(told[0], &number, sizeof number) == sizeof number) last = number;
  ::kill(child, SIGKILL);
  while (::read(told[0], &number, sizeof number) == sizeof number) last = number;
  ::waitpid(child, nullptr, 0);
  ::close(told[0]);
  ASSERT_GE(last, 500U);

  const auto records = open_records(config_in(folder));

  for (std::uint32_t i = 0; i <= last; ++i)
    ASSERT_TRUE(get(*records, "01A" + std::to_string(i))) << i << " of " << last;
  const auto marked = answer_to<std::vector<Interrupted>>(
      [&](Reply<std::vector<Interrupted>> reply) { records->mark_interrupted(std::move(reply)); });
  EXPECT_GT(marked->size(), last);
}

}  // namespace
}  // namespace parley::store
