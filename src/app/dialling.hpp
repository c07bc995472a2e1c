// Whom an API client may have called, and how.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/backend.hpp"
#include "app/config.hpp"
#include "call/dial_policy.hpp"
#include "legs/sip/user_agent.hpp"

namespace parley::app {

/// Where calls by a trunk go at the moment: its peers, in the order to try them.
struct TrunkChoice {
  std::string name;
  std::vector<std::string> peers;
};

/// `to` is a SIP URI, or a number for the trunk; null: there is none. The refusal names the field.
/// Whether the call may be made is another question: see may_dial().
Result<legs::DialOptions, api::Refusal> plan_dialling(const Config& config, const TrunkChoice* trunk,
                                                      const api::Origination& request);

/// Asks the policy; the permit goes with the call.
Result<std::shared_ptr<call::DialGate::Permit>, api::Refusal> may_dial(call::DialGate& gate,
                                                                       call::DialPolicy::Call call);

/// The same for an INVITE of our own people: 404 without a trunk, 403, 503.
std::variant<std::shared_ptr<const void>, sip::Reply> call_outside(call::DialGate& gate,
                                                                   const std::optional<TrunkChoice>& trunk,
                                                                   const std::string& caller, const std::string& to);

call::DialRules dial_rules(const Config& config);

}  // namespace parley::app
