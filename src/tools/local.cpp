#include "tools/local.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/ulid.hpp"
#include "store/records.hpp"
#include "tools/directory.hpp"
#include "tools/item_match.hpp"
#include "tools/schema.hpp"

namespace parley::tools {
namespace {

using Json = nlohmann::ordered_json;
using store::Records;
using store::Reply;
using store::StoreError;
using store::TodoRow;
using store::Written;
using Done = Tool::Done;

constexpr std::size_t max_item = 200;  // bytes; longer is not an item of a list
constexpr std::size_t max_text = 4'000;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string store_failed() { return error_result("store_unavailable", "it could not be stored or read right now"); }

std::string trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return std::string{text.substr(first, text.find_last_not_of(space) - first + 1)};
}

std::string owner_of(const ToolContext& context) {
  // Callers nobody knows must not share a list.
  return context.caller.empty() ? "call:" + context.call_id : context.caller;
}

/// An answer of the store comes back to the call's worker.
template <class T, class Then>
Reply<T> reply_on(const std::shared_ptr<speech::Executor>& executor, Then then) {
  return {[executor](std::move_only_function<void()> work) { executor->post(std::move(work)); }, std::move(then)};
}

std::vector<std::string> names_of(const std::vector<TodoRow>& todos) {
  std::vector<std::string> names;
  names.reserve(todos.size());
  for (const auto& todo : todos) names.push_back(todo.item);
  return names;
}

/// Checks the arguments by the tool's own schema, then does the work with them.
class LocalTool : public Tool {
 public:
  LocalTool(speech::ToolDescription description, bool side_effects)
      : description_{std::move(description)}, side_effects_{side_effects} {}
  const speech::ToolDescription& description() const override { return description_; }
  bool has_side_effects() const override { return side_effects_; }

  void run(std::string arguments, const ToolContext& context, Done done) override {
    if (const auto defect = schema_defect(description_.parameters, arguments))
      return done(error_result("invalid_arguments", *defect));
    act(arguments.empty() ? Json::object() : Json::parse(arguments), context, std::move(done));
  }

 private:
  virtual void act(const Json& arguments, const ToolContext& context, Done done) = 0;

  const speech::ToolDescription description_;
  const bool side_effects_;
};

/// A string argument that must say something; otherwise `done` is told and the result is empty.
std::string wanted_text(const Json& arguments, const char* name, std::size_t limit, Done& done) {
  auto text = trimmed(arguments.at(name).get_ref<const std::string&>());
  if (!text.empty() && text.size() <= limit) return text;
  done(error_result("invalid_arguments", fmt::format("'{}' must have 1 to {} characters", name, limit)));
  return {};
}

bool has_store(const ToolContext& context, Done& done) {
  if (context.records != nullptr) return true;
  done(store_failed());
  return false;
}

class TodoAdd final : public LocalTool {
 public:
  TodoAdd()
      : LocalTool{
            {"todo_add", "Adds one item to the caller's to-do or shopping list.",
             R"({"type":"object","properties":{"item":{"type":"string","description":"what to add, in a few words"}},"required":["item"]})"},
            true} {}

 private:
  void act(const Json& arguments, const ToolContext& context, Done done) override {
    auto item = wanted_text(arguments, "item", max_item, done);
    if (item.empty() || !has_store(context, done)) return;
    const auto now = context.wall_clock();
    TodoRow todo{make_ulid(now, *context.random), owner_of(context), std::move(item), now, std::nullopt};
    auto after = [todo, records = context.records, executor = context.executor,
                  done = std::move(done)](Result<Written, StoreError> written) mutable {
      if (!written) return done(store_failed());
      count(std::move(todo), *records, executor, std::move(done));
    };
    context.records->add_todo(todo, reply_on<Written>(context.executor, std::move(after)));
  }

  static void count(TodoRow todo, Records& records, const std::shared_ptr<speech::Executor>& executor, Done done) {
    auto owner = todo.owner;
    auto after = [todo = std::move(todo),
                  done = std::move(done)](Result<std::vector<TodoRow>, StoreError> todos) mutable {
      Json result{{"added", todo.item}};
      if (todos) {
        // While the database is away the new one is in the journal only.
        const bool listed = std::ranges::find(*todos, todo.id, &TodoRow::id) != todos->end();
        result["count"] = todos->size() + (listed ? 0 : 1);
      }
      done(text_of(result));
    };
    records.list_todos(std::move(owner), reply_on<std::vector<TodoRow>>(executor, std::move(after)));
  }
};

class TodoList final : public LocalTool {
 public:
  TodoList()
      : LocalTool{{"todo_list", "Reads the caller's to-do or shopping list.", R"({"type":"object","properties":{}})"},
                  false} {}

 private:
  void act(const Json&, const ToolContext& context, Done done) override {
    if (!has_store(context, done)) return;
    auto after = [done = std::move(done)](Result<std::vector<TodoRow>, StoreError> todos) mutable {
      done(todos ? text_of({{"items", names_of(*todos)}}) : store_failed());
    };
    context.records->list_todos(owner_of(context), reply_on<std::vector<TodoRow>>(context.executor, std::move(after)));
  }
};

class TodoDone final : public LocalTool {
 public:
  TodoDone()
      : LocalTool{
            {"todo_done", "Takes an item that is done off the caller's to-do or shopping list.",
             R"({"type":"object","properties":{"item":{"type":"string","description":"the item, roughly as it is on the list"}},"required":["item"]})"},
            true} {}

 private:
  void act(const Json& arguments, const ToolContext& context, Done done) override {
    auto item = wanted_text(arguments, "item", max_item, done);
    if (item.empty() || !has_store(context, done)) return;
    auto after = [item = std::move(item), now = context.wall_clock(), records = context.records,
                  executor = context.executor,
                  done = std::move(done)](Result<std::vector<TodoRow>, StoreError> todos) mutable {
      if (!todos) return done(store_failed());
      const auto names = names_of(*todos);
      const auto found = find_item(names, item);
      if (!found) return done(text_of({{"error", "not_found"}, {"items", names}}));
      finish((*todos)[*found], now, *records, executor, std::move(done));
    };
    context.records->list_todos(owner_of(context), reply_on<std::vector<TodoRow>>(context.executor, std::move(after)));
  }

  static void finish(const TodoRow& todo, WallTime now, Records& records,
                     const std::shared_ptr<speech::Executor>& executor, Done done) {
    auto after = [item = todo.item, done = std::move(done)](Result<Written, StoreError> written) mutable {
      done(written ? text_of({{"done", item}}) : store_failed());
    };
    records.finish_todo(todo.id, now, reply_on<Written>(executor, std::move(after)));
  }
};

class Note final : public LocalTool {
 public:
  Note()
      : LocalTool{
            {"note", "Saves a note: a message for someone, or something to remember.",
             R"({"type":"object","properties":{"text":{"type":"string","description":"the note in full"}},"required":["text"]})"},
            true} {}

 private:
  void act(const Json& arguments, const ToolContext& context, Done done) override {
    auto text = wanted_text(arguments, "text", max_text, done);
    if (text.empty() || !has_store(context, done)) return;
    const auto now = context.wall_clock();
    store::NoteRow note{make_ulid(now, *context.random), owner_of(context), context.call_id, std::move(text), "", now};
    auto after = [done = std::move(done)](Result<Written, StoreError> written) mutable {
      done(written ? text_of({{"saved", true}}) : store_failed());
    };
    context.records->add_note(std::move(note), reply_on<Written>(context.executor, std::move(after)));
  }
};

class Time final : public LocalTool {
 public:
  Time()
      : LocalTool{{"time", "Tells the current time, date and weekday.", R"({"type":"object","properties":{}})"},
                  false} {}

 private:
  void act(const Json&, const ToolContext& context, Done done) override {
    static constexpr std::array weekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                            "Thursday", "Friday", "Saturday"};
    const std::time_t now = std::chrono::system_clock::to_time_t(context.wall_clock());
    std::tm local{};
    ::localtime_r(&now, &local);
    done(text_of({{"time", fmt::format("{:02}:{:02}", local.tm_hour, local.tm_min)},
                  {"date", fmt::format("{:04}-{:02}-{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday)},
                  {"weekday", weekdays[static_cast<std::size_t>(local.tm_wday)]}}));
  }
};

}  // namespace

std::shared_ptr<Tool> make_todo_add() { return std::make_shared<TodoAdd>(); }
std::shared_ptr<Tool> make_todo_list() { return std::make_shared<TodoList>(); }
std::shared_ptr<Tool> make_todo_done() { return std::make_shared<TodoDone>(); }
std::shared_ptr<Tool> make_note() { return std::make_shared<Note>(); }
std::shared_ptr<Tool> make_time() { return std::make_shared<Time>(); }

bool is_tool_name(std::string_view name) {
  static constexpr std::array<std::string_view, 6> names = {"todo",      "note",     "time",
                                                            "directory", "transfer", "end_call"};
  return std::ranges::find(names, name) != names.end();
}

std::vector<std::shared_ptr<Tool>> make_tools(const std::vector<std::string>& names) {
  const auto named = [&](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  std::vector<std::shared_ptr<Tool>> tools;
  if (named("todo")) tools.insert(tools.end(), {make_todo_add(), make_todo_list(), make_todo_done()});
  if (named("note")) tools.push_back(make_note());
  if (named("time")) tools.push_back(make_time());
  if (named("directory")) tools.push_back(make_directory());
  return tools;
}

}  // namespace parley::tools
