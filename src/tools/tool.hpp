// What the assistant may call: the interface of a tool, and a set of them.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "speech/executor.hpp"
#include "speech/llm.hpp"

namespace parley::store {
class Records;
}

namespace parley::tools {

class ExtensionDirectory;

/// What a tool gets to know about the conversation it works for. Everything pointed to outlives the
/// tools' runs.
struct ToolContext {
  std::string caller;  // identity, whose todos and notes these are; empty: of this call alone
  std::string call_id;
  std::function<WallTime()> wall_clock;
  store::Records* records = nullptr;         // null: tools that need it say so
  ExtensionDirectory* extensions = nullptr;  // as above
  Random* random = nullptr;                  // for ids; used on the call's worker
  std::shared_ptr<speech::Executor> executor;
};

class Tool {
 public:
  /// The result, a JSON object as text; a failure is `{"error": "…"}`. Called once, on the call's
  /// worker, perhaps from inside run().
  using Done = std::move_only_function<void(std::string result)>;

  virtual ~Tool() = default;
  virtual const speech::ToolDescription& description() const = 0;
  /// Such a tool is never cancelled and never run twice for one wish.
  virtual bool has_side_effects() const = 0;
  /// `arguments` come from a model: anything may be in them. Deadlines are the caller's business.
  virtual void run(std::string arguments, const ToolContext& context, Done done) = 0;
};

/// The tools of one assistant.
class Toolbox {
 public:
  explicit Toolbox(std::vector<std::shared_ptr<Tool>> tools) : tools_{std::move(tools)} {}

  std::span<const std::shared_ptr<Tool>> tools() const { return tools_; }
  std::vector<speech::ToolDescription> descriptions() const;
  Tool* find(std::string_view name) const;
  /// An unknown tool, or arguments that break its schema, are a result that says so.
  void run(const speech::ToolCall& call, const ToolContext& context, Tool::Done done) const;

 private:
  std::vector<std::shared_ptr<Tool>> tools_;
};

}  // namespace parley::tools
