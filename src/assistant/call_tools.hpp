// Tools that act on the call itself.
#pragma once

#include <functional>
#include <memory>

#include "call/application.hpp"
#include "tools/tool.hpp"

namespace parley::assistant {

/// `end_call`: the call ends when the assistant's last words were heard.
std::unique_ptr<tools::Tool> make_end_call(std::function<void()> end_after_last_words);

/// `transfer`: connects the caller to a human. While no agent can be reached it fails with the
/// cause `no_agent`, as an event and as the tool's result.
std::unique_ptr<tools::Tool> make_transfer(call::CallControl& call);

}  // namespace parley::assistant
