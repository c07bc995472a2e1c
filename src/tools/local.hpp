// The tools that need nothing but this machine: a todo list, notes, the clock.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "tools/tool.hpp"

namespace parley::tools {

// What they take and give (the contract that prompts and the local llm's rules build on):
//   todo_add {"item"}  → {"added":"milk","count":2}
//   todo_list {}       → {"items":["milk","bread"]}
//   todo_done {"item"} → {"done":"milk"} or {"error":"not_found","items":["bread"]}
//   note {"text"}      → {"saved":true}
//   time {}            → {"time":"15:04","date":"2026-11-21","weekday":"Saturday"}, local time
std::shared_ptr<Tool> make_todo_add();
std::shared_ptr<Tool> make_todo_list();
std::shared_ptr<Tool> make_todo_done();
std::shared_ptr<Tool> make_note();
std::shared_ptr<Tool> make_time();

/// What an assistant's `tools` may name: `todo` (all three), `note`, `time`, `directory`; and `transfer` and
/// `end_call`, which need the call and are made with it.
bool is_tool_name(std::string_view name);
/// The tools of those names but `transfer` and `end_call`, each once. An unknown name has none.
std::vector<std::shared_ptr<Tool>> make_tools(const std::vector<std::string>& names);

}  // namespace parley::tools
