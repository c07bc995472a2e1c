// Words that depend on who calls.
#pragma once

#include <string>
#include <string_view>

#include "call/identity.hpp"

namespace parley::assistant {

/// `{name}` in the text becomes the caller's name when we are sure of it; else it goes, with the
/// blank before it: “Hello {name}, …” is “Hello Anna, …” or “Hello, …”.
std::string greeting_for(std::string_view text, const call::Identity& identity);

/// The prompt, and what the model has to know about the caller.
std::string prompt_for(std::string prompt, const call::Identity& identity);

}  // namespace parley::assistant
