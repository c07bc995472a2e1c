// Whom an API client may have called, and how.
#pragma once

#include "api/backend.hpp"
#include "app/config.hpp"
#include "legs/sip/user_agent.hpp"

namespace parley::app {

/// `to` is a SIP URI, or a number that the first trunk is asked for. The refusal names the field.
Result<legs::DialOptions, api::Refusal> plan_dialling(const Config& config, const api::Origination& request);

}  // namespace parley::app
