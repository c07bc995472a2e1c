#include "call/dial_policy.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/log.hpp"
#include "call/routing.hpp"

namespace parley::call {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_address(std::string_view to) {
  std::string scheme{to.substr(0, to.find(':'))};
  std::ranges::transform(scheme, scheme.begin(), lower);
  return to.contains(':') && (scheme == "sip" || scheme == "sips");
}

RateLimit::Limits rate_of(const DialLimits& limits) {
  const double per_minute = limits.per_minute;
  return {.burst = std::max(1.0, per_minute), .per_second = per_minute / 60, .keys = 1};
}

}  // namespace

std::string_view to_string(DialRefusal refusal) {
  static constexpr std::string_view names[] = {"not_allowed", "too_many", "too_fast"};
  return names[static_cast<std::size_t>(refusal)];
}

std::string dialled_form(std::string_view to) {
  std::string form;
  if (is_address(to)) {
    for (const char c : to.substr(0, to.find_first_of(";?"))) form += lower(c);
    return form;
  }
  for (const char c : to)
    if ((c >= '0' && c <= '9') || c == '+' || c == '*' || c == '#') form += c;
  return form;
}

DialPolicy::Account::Account(std::string name, DialLimits bounds)
    : key{std::move(name)}, limits{bounds}, rate{rate_of(bounds)} {}

DialPolicy::DialPolicy(DialRules rules) : rules_{std::move(rules)} {}

bool DialPolicy::is_emergency(std::string_view number) const {
  return std::ranges::find(rules_.emergency, dialled_form(number)) != rules_.emergency.end();
}

bool DialPolicy::is_allowed(std::string_view to) const {
  const std::string form = dialled_form(to);
  if (form.empty()) return false;
  const auto matches = [&](const std::string& pattern) { return matches_pattern(pattern, form); };
  return std::ranges::none_of(rules_.refused, matches) && std::ranges::any_of(rules_.allowed, matches);
}

DialPolicy::Account& DialPolicy::account(std::string key, const DialLimits& limits) {
  return accounts_.try_emplace(key, key, limits).first->second;
}

Result<void, DialRefusal> DialPolicy::begin(const Call& call, TimePoint now) {
  std::vector<Account*> accounts;
  if (!call.agent.empty()) accounts.push_back(&account("agent " + call.agent, rules_.per_agent));
  if (const auto trunk = rules_.trunks.find(call.trunk); trunk != rules_.trunks.end())
    accounts.push_back(&account("trunk " + call.trunk, trunk->second));

  if (!is_emergency(call.to)) {
    if (!is_allowed(call.to)) return std::unexpected(DialRefusal::not_allowed);
    for (const Account* each : accounts)
      if (each->limits.at_once != 0 && each->under_way >= each->limits.at_once)
        return std::unexpected(DialRefusal::too_many);
    for (Account* each : accounts)
      if (each->limits.per_minute != 0 && !each->rate.take("", now)) return std::unexpected(DialRefusal::too_fast);
    for (Account* each : accounts) ++each->under_way;
  }
  return {};
}

void DialPolicy::over(const Call& call) {
  if (is_emergency(call.to)) return;
  for (const auto& key : {"agent " + call.agent, "trunk " + call.trunk})
    if (const auto found = accounts_.find(key); found != accounts_.end()) {
      PARLEY_ASSERT(found->second.under_way > 0);
      --found->second.under_way;
    }
}

DialGate::Permit::~Permit() {
  const std::scoped_lock lock{gate_.mutex_};
  gate_.policy_.over(call_);
}

Result<std::shared_ptr<DialGate::Permit>, DialRefusal> DialGate::ask(DialPolicy::Call call, TimePoint now) {
  {
    const std::scoped_lock lock{mutex_};
    if (const auto begun = policy_.begin(call, now); !begun) {
      log::warn("call out refused because={} agent={} trunk={} to={}", to_string(begun.error()), call.agent, call.trunk,
                dialled_form(call.to));
      return std::unexpected(begun.error());
    }
  }
  return std::make_shared<Permit>(*this, std::move(call));
}

}  // namespace parley::call
