// The language model of a machine without network: rules that people can read and change.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "providers/local/rules_file.hpp"
#include "speech/llm.hpp"

namespace parley::providers::local {

/// The provider `local`: understands a fixed set of wishes, tolerates recognition errors, uses
/// tools. Answers within a millisecond. English.
class RuleBasedLlm final : public speech::Llm {
 public:
  /// From a file; an empty path means the rules that are compiled in. The error names file, line
  /// and column.
  static Result<std::unique_ptr<RuleBasedLlm>, std::string> load(const std::filesystem::path& file = {});

  explicit RuleBasedLlm(Rules rules) : rules_{std::make_shared<const Rules>(std::move(rules))} {}

  std::string_view name() const override { return "local"; }
  std::unique_ptr<speech::LlmGeneration> generate(speech::LlmRequest request, speech::LlmSink& sink,
                                                  std::shared_ptr<speech::Executor> executor) override;

 private:
  std::shared_ptr<const Rules> rules_;
};

}  // namespace parley::providers::local
