#include <algorithm>

#include "tools/schema.hpp"
#include "tools/tool.hpp"

namespace parley::tools {

std::vector<speech::ToolDescription> Toolbox::descriptions() const {
  std::vector<speech::ToolDescription> all;
  all.reserve(tools_.size());
  for (const auto& tool : tools_) all.push_back(tool->description());
  return all;
}

Tool* Toolbox::find(std::string_view name) const {
  const auto found = std::ranges::find_if(tools_, [&](const auto& tool) { return tool->description().name == name; });
  return found == tools_.end() ? nullptr : found->get();
}

void Toolbox::run(const speech::ToolCall& call, const ToolContext& context, Tool::Done done) const {
  Tool* tool = find(call.name);
  if (tool == nullptr) return done(error_result("unknown_tool", "there is no tool of this name"));
  if (const auto defect = schema_defect(tool->description().parameters, call.arguments))
    return done(error_result("invalid_arguments", *defect));
  tool->run(call.arguments, context, std::move(done));
}

}  // namespace parley::tools
