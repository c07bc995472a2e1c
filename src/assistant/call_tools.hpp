// Tools that act on the call itself.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "call/application.hpp"
#include "tools/tool.hpp"

namespace parley::assistant {

/// `end_call`: the call ends when the assistant's last words were heard.
std::unique_ptr<tools::Tool> make_end_call(std::function<void()> end_after_last_words);

struct TransferTool {
  /// Where a model may send callers, beside the configured place: never to any number that a caller names.
  std::vector<std::string> allowed;
  bool confirm = false;  // the caller has to agree first
  /// How often the caller has spoken: agreeing takes a turn of their own.
  std::function<std::size_t()> turns;
};

/// `transfer`: connects the caller to a human. Its result is that it began; how it ends is reported later.
std::unique_ptr<tools::Tool> make_transfer(call::CallControl& call, TransferTool options);

}  // namespace parley::assistant
