// Decides what the rule-based language model answers.
#pragma once

#include <string>
#include <vector>

#include "providers/local/rules_file.hpp"
#include "speech/llm.hpp"

namespace parley::providers::local {

struct Reply {
  std::string text;
  std::vector<speech::ToolCall> tool_calls;
};

/// The answer to the last message of the conversation: to what the caller said, to the results of
/// tools, or, when nobody has said anything, a greeting. A pure function: what it knows of the past
/// it reads in the conversation, so the same request always gets the same answer.
Reply answer(const Rules& rules, const speech::LlmRequest& request);

}  // namespace parley::providers::local
