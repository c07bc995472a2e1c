#include "providers/local/rules.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "providers/local/dialogue.hpp"

namespace parley::providers::local {

namespace {

constexpr std::size_t max_file_size = 1u << 20;

class Generation final : public speech::LlmGeneration {
 public:
  Generation(Reply reply, speech::LlmSink& sink, speech::Executor& executor) {
    executor.post([alive = std::weak_ptr{alive_}, reply = std::move(reply), &sink]() mutable {
      if (!reply.text.empty() && !alive.expired()) sink.on_text(reply.text);
      // The sink may destroy the generation inside each of its functions.
      for (auto& call : reply.tool_calls)
        if (!alive.expired()) sink.on_tool_call(std::move(call));
      if (!alive.expired()) sink.on_done();
    });
  }

 private:
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // made and destroyed on the call's worker only
};

}  // namespace

Result<std::unique_ptr<RuleBasedLlm>, std::string> RuleBasedLlm::load(const std::filesystem::path& file) {
  std::string text{default_rules()};
  std::string name = "rules.yaml";
  if (!file.empty()) {
    name = file.string();
    std::ifstream in{file, std::ios::binary};
    if (!in) return std::unexpected(fmt::format("{}: cannot be read", name));
    text.assign(std::istreambuf_iterator<char>{in}, {});
    if (text.size() > max_file_size) return std::unexpected(fmt::format("{}: larger than a megabyte", name));
  }
  auto rules = parse_rules(text, name);
  if (!rules) return std::unexpected(rules.error());
  return std::make_unique<RuleBasedLlm>(std::move(*rules));
}

std::unique_ptr<speech::LlmGeneration> RuleBasedLlm::generate(speech::LlmRequest request, speech::LlmSink& sink,
                                                              std::shared_ptr<speech::Executor> executor) {
  return std::make_unique<Generation>(answer(*rules_, request), sink, *executor);
}

}  // namespace parley::providers::local
