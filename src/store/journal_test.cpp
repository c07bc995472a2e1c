#include "store/journal.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "store/testing.hpp"

namespace parley::store {
namespace {

using namespace testing;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

std::vector<Operation> one_of_each() {
  CallRow call = call_named("01A");
  call.summary = "milk";
  return {
      Operation::put_call(call),
      Operation::end_call(call),
      Operation::put_leg({"L1", "01A", "caller", "sip", "sip:a@b", at(1), std::nullopt, "{}"}),
      Operation::put_turn({"01A", 1, "L1", "caller", "grüße\n\"quoted\"", 1, 2, false, std::nullopt, "local", "{}"}),
      Operation::put_event({"01A", 1, at(1), "dtmf", "{}"}),
      Operation::put_todo({"T1", "alice", "milk", at(1), std::nullopt}),
      Operation::finish_todo("T1", at(2)),
      Operation::put_note({"N1", "alice", "", std::string{"nul\0inside", 10}, "", at(1)}),
  };
}

void append_bytes(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream{file, std::ios::app | std::ios::binary} << bytes;
}

TEST(Journal, GivesBackWhatWasAppendedEvenAfterReopening) {
  const Folder folder;
  const auto operations = one_of_each();
  {
    auto journal = Journal::open(folder / "journal", 1 << 20).value();
    ASSERT_TRUE(journal.append(operations));
  }

  const auto journal = Journal::open(folder / "journal", 1 << 20).value();
  const auto page = journal.read(0, 100);

  ASSERT_TRUE(page);
  EXPECT_THAT(page->operations, ElementsAreArray(operations));
  EXPECT_EQ(page->end, journal.size());
}

TEST(Journal, IsReadInPages) {
  const Folder folder;
  auto journal = Journal::open(folder / "journal", 1 << 20).value();
  const auto operations = one_of_each();
  ASSERT_TRUE(journal.append(operations));

  std::vector<Operation> seen;
  std::uint64_t from = 0;
  while (from < journal.size()) {
    const auto page = journal.read(from, 3).value();
    seen.insert(seen.end(), page.operations.begin(), page.operations.end());
    from = page.end;
  }

  EXPECT_THAT(seen, ElementsAreArray(operations));
}

TEST(Journal, CutsARecordTornAtAnyByte) {
  const Folder folder;
  const auto file = folder / "journal";
  const auto operations = one_of_each();
  std::uint64_t whole = 0, all = 0;
  {
    auto journal = Journal::open(file, 1 << 20).value();
    ASSERT_TRUE(journal.append(std::span{operations}.first(1)));
    whole = journal.size();
    ASSERT_TRUE(journal.append(std::span{operations}.subspan(4, 1)));
    all = journal.size();
  }
  for (std::uint64_t size = all - 1; size > whole; --size) {
    std::filesystem::resize_file(file, size);

    auto journal = Journal::open(file, 1 << 20).value();

    ASSERT_EQ(journal.size(), whole) << size;
    ASSERT_EQ(journal.torn(), size - whole);
    ASSERT_EQ(std::filesystem::file_size(file), whole);
    ASSERT_TRUE(journal.append(std::span{operations}.subspan(4, 1)));
  }
}

TEST(Journal, EndsAtADamagedRecord) {
  const Folder folder;
  const auto file = folder / "journal";
  {
    auto journal = Journal::open(file, 1 << 20).value();
    ASSERT_TRUE(journal.append(one_of_each()));
  }
  {
    std::fstream bytes{file, std::ios::in | std::ios::out | std::ios::binary};
    bytes.seekp(20);
    bytes.put('\x01');
  }

  const auto journal = Journal::open(file, 1 << 20).value();

  EXPECT_TRUE(journal.empty());
  EXPECT_GT(journal.torn(), 0U);
}

TEST(Journal, SurvivesGarbageWithAHugeLength) {
  const Folder folder;
  append_bytes(folder / "journal", "\xFF\xFF\xFF\xFFgarbage");

  const auto journal = Journal::open(folder / "journal", 1 << 20).value();

  EXPECT_TRUE(journal.empty());
}

TEST(Journal, TakesAllOrNothingAtItsLimit) {
  const Folder folder;
  auto journal = Journal::open(folder / "journal", 500).value();
  const auto operations = one_of_each();
  ASSERT_TRUE(journal.append(std::span{operations}.first(1)));
  const auto before = journal.size();

  const auto appended = journal.append(operations);

  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, StoreError::Code::journal_full);
  EXPECT_EQ(journal.size(), before);
}

TEST(Journal, IsEmptyAfterClearing) {
  const Folder folder;
  auto journal = Journal::open(folder / "journal", 1 << 20).value();
  ASSERT_TRUE(journal.append(one_of_each()));

  ASSERT_TRUE(journal.clear());

  EXPECT_TRUE(journal.empty());
  EXPECT_THAT(journal.read(0, 10)->operations, IsEmpty());
}

TEST(Operation, IsNotReadFromWhatIsNotOne) {
  for (const auto* text : {"", "[]", "{}", R"({"op":"drop_all","values":[]})", R"({"op":"put_event","values":[1,2]})",
                           R"({"op":"put_event","values":[1,2,3,4,{}]})", R"({"op":7,"values":[]})"})
    EXPECT_EQ(operation_from_json(text), std::nullopt) << text;
}

TEST(Operation, ReplacesTextThatIsNotUtf8) {
  const auto operation = Operation::put_event({"01A", 1, at(1), "dtmf", "\xFF"});

  const auto again = operation_from_json(to_json(operation));

  ASSERT_TRUE(again);
  EXPECT_EQ(std::get<std::string>(again->values[4]), "\xEF\xBF\xBD");
}

}  // namespace
}  // namespace parley::store
