// A call that is for a person, and not for the assistant: to an agent's extension, or to the outside.
#pragma once

#include <memory>
#include <string>

#include "call/application.hpp"

namespace parley::call {

/// Looks for `to` as soon as the caller is there, who hears music meanwhile; nobody to be had ends the call
/// with the reason.
std::unique_ptr<Application> make_direct_call(CallControl& call, std::string to);

}  // namespace parley::call
