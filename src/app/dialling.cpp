#include "app/dialling.hpp"

#include "app/sip_config.hpp"

namespace parley::app {
namespace {

std::unexpected<api::Refusal> refuse(std::string field, std::string why) {
  api::Refusal refusal{422, field + ": " + why};
  refusal.errors.push_back({std::move(field), std::move(why)});
  return std::unexpected(std::move(refusal));
}

constexpr std::int64_t shortest_ring_ms = 1'000, longest_ring_ms = 180'000;

}  // namespace

Result<legs::DialOptions, api::Refusal> plan_dialling(const Config& config, const api::Origination& request) {
  legs::DialOptions options;
  options.application.kind = call::RouteTarget::Kind::assistant;
  options.application.assistant = request.assistant;
  if (request.assistant.empty()) {
    if (config.assistants.empty()) return refuse("assistant", "none is configured");
    options.application.assistant = config.assistants.begin()->first;
  } else if (!config.assistants.contains(request.assistant)) {
    return refuse("assistant", "there is no assistant '" + request.assistant + "'");
  }

  if (request.to.starts_with("sip:")) {
    auto target = sip::Uri::parse(request.to);
    if (!target || target->host.empty()) return refuse("to", "not a SIP URI");
    options.target = std::move(*target);
  } else {
    if (request.to.empty() || request.to.find_first_not_of("+0123456789*#") != std::string::npos)
      return refuse("to", "neither a SIP URI nor a number");
    if (config.trunks.empty()) return refuse("to", "a number needs a trunk, and none is configured; give a SIP URI");
    const auto& trunk = config.trunks.begin()->second;
    auto target = sip::Uri::parse(trunk.registrar);
    if (!target) return refuse("to", "the trunk's registrar is not a SIP URI");
    options.target = std::move(*target);
    options.target.user = request.to;
    options.credentials = sip::Credentials{trunk.user, trunk.password};
    options.from = trunk.user;
    options.srtp = srtp_policy(trunk.srtp);
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

}  // namespace parley::app
