// The language model: a conversation and tools in, text and tool calls out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "speech/executor.hpp"

namespace parley::speech {

struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  // a JSON object, as text
};

/// One entry of the conversation as the model sees it.
struct Message {
  enum class Role : std::uint8_t { system, user, assistant, tool };
  Role role = Role::user;
  std::string text;
  std::vector<ToolCall> tool_calls;  // only with Role::assistant
  std::string tool_call_id;          // only with Role::tool: whose result `text` is (JSON)
  bool interrupted = false;          // assistant: cut to what the caller heard
};

struct ToolDescription {
  std::string name;
  std::string description;
  std::string parameters;  // JSON Schema, as text
};

struct LlmRequest {
  std::string prompt;  // system prompt
  std::vector<Message> messages;
  std::vector<ToolDescription> tools;
  std::string language = "en";
};

/// Where one generation reports, on the call's worker, never from inside generate(), and never
/// after the generation is destroyed. Ends with exactly one of on_done and on_llm_failed.
class LlmSink {
 public:
  virtual ~LlmSink() = default;
  virtual void on_text(std::string_view delta) = 0;
  virtual void on_tool_call(ToolCall call) = 0;
  virtual void on_done() = 0;
  virtual void on_llm_failed(std::string_view reason) = 0;
};

/// A generation under way; destroying it cancels it.
class LlmGeneration {
 public:
  virtual ~LlmGeneration() = default;
};

class Llm {
 public:
  virtual ~Llm() = default;
  virtual std::string_view name() const = 0;
  virtual std::unique_ptr<LlmGeneration> generate(LlmRequest request, LlmSink& sink,
                                                  std::shared_ptr<Executor> executor) = 0;
};

}  // namespace parley::speech
