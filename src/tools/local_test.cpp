#include "tools/local.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <mutex>

#include "store/records.hpp"

namespace parley::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The call's worker: the test itself, running what was posted.
class Worker final : public speech::Executor {
 public:
  void post(std::move_only_function<void()> work) override {
    {
      const std::lock_guard lock{mutex_};
      queue_.push_back(std::move(work));
    }
    changed_.notify_one();
  }
  void run_one() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return !queue_.empty(); });
    auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::move_only_function<void()>> queue_;
};

class LocalTools : public ::testing::Test {
 protected:
  LocalTools() {
    std::string pattern = (std::filesystem::temp_directory_path() / "parley-tools-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store::RecordsConfig config;
    config.database = folder_ / "parley.db";
    config.journal = folder_ / "journal";
    records_ = store::Records::open(config).value();
    context_.caller = "alice";
    context_.call_id = "01A";
    context_.wall_clock = [this] { return now_ += 1s; };
    context_.records = records_.get();
    context_.random = &random_;
    context_.executor = worker_;
  }
  ~LocalTools() override {
    records_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string run(const std::string& name, const std::string& arguments) {
    const Toolbox toolbox{make_tools({"todo", "note", "time"})};
    std::optional<std::string> result;
    toolbox.run({"id", name, arguments}, context_, [&](std::string text) { result = std::move(text); });
    while (!result) worker_->run_one();
    return *result;
  }

  std::filesystem::path folder_;
  std::unique_ptr<store::Records> records_;
  std::shared_ptr<Worker> worker_ = std::make_shared<Worker>();
  Random random_ = Random::seeded(7);
  WallTime now_ = WallTime{std::chrono::seconds{1'795'273'440}};  // 2026-11-21 15:04 UTC
  ToolContext context_;
};

TEST_F(LocalTools, KeepATodoListPerCaller) {
  EXPECT_EQ(run("todo_list", "{}"), R"({"items":[]})");
  EXPECT_EQ(run("todo_add", R"({"item":"milk"})"), R"({"added":"milk","count":1})");
  EXPECT_EQ(run("todo_add", R"({"item":" bread "})"), R"({"added":"bread","count":2})");
  EXPECT_EQ(run("todo_list", ""), R"({"items":["milk","bread"]})");

  context_.caller = "bob";
  EXPECT_EQ(run("todo_list", "{}"), R"({"items":[]})");
}

TEST_F(LocalTools, TakeADoneItemOffTheList) {
  run("todo_add", R"({"item":"milk"})");
  run("todo_add", R"({"item":"bread"})");

  EXPECT_EQ(run("todo_done", R"({"item":"the Milk."})"), R"({"done":"milk"})");
  EXPECT_EQ(run("todo_done", R"({"item":"milk"})"), R"({"error":"not_found","items":["bread"]})");
  EXPECT_EQ(run("todo_list", "{}"), R"({"items":["bread"]})");
}

TEST_F(LocalTools, GiveACallerNobodyKnowsAListForThisCallOnly) {
  context_.caller = "";
  run("todo_add", R"({"item":"milk"})");
  EXPECT_EQ(run("todo_list", "{}"), R"({"items":["milk"]})");

  context_.call_id = "01B";
  EXPECT_EQ(run("todo_list", "{}"), R"({"items":[]})");
}

TEST_F(LocalTools, SaveANoteWithItsCall) {
  records_->insert_call([] {
    store::CallRow call;
    call.id = "01A";
    return call;
  }());

  EXPECT_EQ(run("note", R"({"text":"call Bob back"})"), R"({"saved":true})");

  std::vector<store::NoteRow> notes;
  bool answered = false;
  records_->get_call("01A", {[this](auto work) { worker_->post(std::move(work)); },
                             [&](Result<store::CallDetail, store::StoreError> call) {
                               notes = call.value().notes;
                               answered = true;
                             }});
  while (!answered) worker_->run_one();
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].text, "call Bob back");
  EXPECT_EQ(notes[0].owner, "alice");
}

TEST_F(LocalTools, TellTheLocalTime) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();

  EXPECT_EQ(run("time", "{}"), R"({"time":"15:04","date":"2026-11-21","weekday":"Saturday"})");
}

TEST_F(LocalTools, AnswerArgumentsThatDoNotFit) {
  EXPECT_EQ(run("todo_add", "{}"), R"({"error":"invalid_arguments","detail":"'item' is missing"})");
  EXPECT_EQ(run("todo_add", R"({"item":7})"),
            R"({"error":"invalid_arguments","detail":"'item' must be of type \"string\""})");
  EXPECT_THAT(run("todo_add", R"({"item":"  "})"), HasSubstr("invalid_arguments"));
  EXPECT_THAT(run("todo_add", R"({"item":")" + std::string(300, 'x') + R"("})"), HasSubstr("1 to 200"));
  EXPECT_THAT(run("note", "not json"), HasSubstr("not a JSON object"));
  EXPECT_THAT(run("note", std::string(100'000, '[')), HasSubstr("too long"));
  EXPECT_THAT(run("fly", "{}"), HasSubstr("unknown_tool"));
}

TEST_F(LocalTools, CheckTheirArgumentsWithoutAToolbox) {
  std::string result;
  make_note()->run(R"({"text":[]})", context_, [&](std::string text) { result = std::move(text); });

  EXPECT_THAT(result, HasSubstr("invalid_arguments"));
}

TEST_F(LocalTools, SayThatThereIsNoStore) {
  context_.records = nullptr;

  for (const auto& [name, arguments] : {std::pair{"todo_add", R"({"item":"x"})"},
                                        {"todo_list", "{}"},
                                        {"todo_done", R"({"item":"x"})"},
                                        {"note", R"({"text":"x"})"}})
    EXPECT_THAT(run(name, arguments), HasSubstr("store_unavailable")) << name;
}

TEST(MakeTools, MakesWhatIsNamedOnce) {
  const Toolbox toolbox{make_tools({"time", "todo", "transfer", "todo"})};

  std::vector<std::string> names;
  for (const auto& description : toolbox.descriptions()) names.push_back(description.name);

  EXPECT_THAT(names, ElementsAre("todo_add", "todo_list", "todo_done", "time"));
  EXPECT_TRUE(is_tool_name("end_call"));
  EXPECT_FALSE(is_tool_name("todo_add"));
}

}  // namespace
}  // namespace parley::tools
