#include "app/dialling.hpp"

#include "app/sip_config.hpp"

namespace parley::app {
namespace {

std::unexpected<api::Refusal> refuse(std::string field, std::string why) {
  api::Refusal refusal{422, field + ": " + why};
  refusal.errors.push_back({std::move(field), std::move(why)});
  return std::unexpected(std::move(refusal));
}

/// Where every peer is an address: the stack tries one after the other. A name is looked up instead, and brings the
/// alternatives of its own DNS records.
std::vector<sip::Flow> flows_of(const std::vector<std::string>& peers) {
  std::vector<sip::Flow> flows;
  for (const auto& text : peers) {
    const auto uri = sip::Uri::parse(text);
    const auto address = uri ? IpAddress::parse(uri->host) : std::nullopt;
    if (!address) return {};
    const auto transport = sip::parse_transport(uri->params.value("transport")).value_or(sip::Transport::udp);
    flows.push_back({transport, {*address, uri->port != 0 ? uri->port : sip::default_port(transport)}, 0});
  }
  return flows;
}

constexpr std::int64_t shortest_ring_ms = 1'000, longest_ring_ms = 180'000;

}  // namespace

Result<legs::DialOptions, api::Refusal> plan_dialling(const Config& config, const TrunkChoice* trunk,
                                                      const api::Origination& request) {
  legs::DialOptions options;
  options.application.kind = call::RouteTarget::Kind::assistant;
  options.application.assistant = request.assistant;
  if (request.assistant.empty()) {
    if (config.assistants.empty()) return refuse("assistant", "none is configured");
    options.application.assistant = config.assistants.begin()->first;
  } else if (!config.assistants.contains(request.assistant)) {
    return refuse("assistant", "there is no assistant '" + request.assistant + "'");
  }

  if (request.to.starts_with("sip:") || request.to.starts_with("sips:")) {
    auto target = sip::Uri::parse(request.to);
    if (!target || target->host.empty()) return refuse("to", "not a SIP URI");
    options.target = std::move(*target);
  } else {
    if (request.to.empty() || request.to.find_first_not_of("+0123456789*#") != std::string::npos)
      return refuse("to", "neither a SIP URI nor a number");
    if (!trunk) return refuse("to", "a number needs a trunk, and none is configured; give a SIP URI");
    const auto& account = config.trunks.at(trunk->name);
    auto target = sip::Uri::parse(trunk->peers.front());
    if (!target) return refuse("to", "the trunk's peer is not a SIP URI");
    options.target = std::move(*target);
    options.target.user = request.to;
    options.flows = flows_of(trunk->peers);
    if (!account.user.empty()) options.credentials = sip::Credentials{account.user, account.password};
    options.from = account.user;
    options.srtp = srtp_policy(account.srtp);
  }
  if (!request.from.empty()) options.from = request.from;
  if (options.from.empty()) options.from = options.application.assistant;
  if (options.from.find_first_of("<>\"\r\n \t@") != std::string::npos)
    return refuse("from", "the user part of an address: letters, digits, +, -, ., _");
  if (request.ring_timeout_ms) {
    if (*request.ring_timeout_ms < shortest_ring_ms || *request.ring_timeout_ms > longest_ring_ms)
      return refuse("ring_timeout_ms", "1000 to 180000");
    options.ring_timeout = std::chrono::milliseconds{*request.ring_timeout_ms};
  }
  return options;
}

Result<std::shared_ptr<call::DialGate::Permit>, api::Refusal> may_dial(call::DialGate& gate,
                                                                       call::DialPolicy::Call call) {
  auto permit = gate.ask(std::move(call), Clock::now());
  if (permit) return std::move(*permit);
  if (permit.error() == call::DialRefusal::not_allowed) {
    api::Refusal refusal{403, "to: dialling.allowed does not have it"};
    refusal.errors.push_back({"to", "dialling.allowed does not have it"});
    return std::unexpected(std::move(refusal));
  }
  api::Refusal later{429, permit.error() == call::DialRefusal::too_many ? "Too many calls out at the same time."
                                                                        : "Too many calls out in a minute."};
  later.retry_after_seconds = 10;
  return std::unexpected(std::move(later));
}

std::variant<std::shared_ptr<const void>, sip::Reply> call_outside(call::DialGate& gate,
                                                                   const std::optional<TrunkChoice>& trunk,
                                                                   const std::string& caller, const std::string& to) {
  if (!trunk || to.empty() || to.find_first_not_of("+0123456789*#") != std::string::npos)
    return sip::Reply{.status = 404};
  auto permit = gate.ask({to, caller, trunk->name}, Clock::now());
  if (permit) return std::shared_ptr<const void>{std::move(*permit)};
  if (permit.error() == call::DialRefusal::not_allowed)
    return sip::Reply{.status = 403, .reason = "This Number May Not Be Dialled"};
  return sip::Reply{.status = 503, .reason = "Too Many Calls Out", .headers = {{"Retry-After", "10"}}};
}

call::DialRules dial_rules(const Config& config) {
  call::DialRules rules;
  rules.allowed = config.dialling.allowed;
  rules.refused = config.dialling.refused;
  rules.emergency = config.dialling.emergency;
  rules.per_agent = config.dialling.per_agent;
  for (const auto& [name, trunk] : config.trunks) rules.trunks.emplace(name, trunk.limits);
  return rules;
}

}  // namespace parley::app
