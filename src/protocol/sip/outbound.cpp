#include "protocol/sip/outbound.hpp"

namespace parley::sip {
namespace {

constexpr std::size_t longest_instance = 256;

std::string instance_of(const NameAddr& contact) {
  std::string_view value = contact.params.value("+sip.instance");
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  if (value.size() < 3 || value.front() != '<' || value.back() != '>' || value.size() > longest_instance) return {};
  return std::string{value.substr(1, value.size() - 2)};
}

/// The edge proxy nearest to the phone says with `ob` in its Path that it keeps the flow (§5.1).
bool path_keeps_flow(const Message& request) {
  const auto path = request.addresses("Path");
  return path && !path->empty() && path->back().uri.params.has("ob");
}

}  // namespace

Outbound outbound_of(const Message& request, const NameAddr& contact) {
  Outbound outbound;
  outbound.instance = instance_of(contact);
  const auto reg_id = parse_u32(contact.params.value("reg-id"));
  if (outbound.instance.empty() || !reg_id || *reg_id == 0) return outbound;
  const bool supported = request.has_token("Supported", "outbound") || request.has_token("Require", "outbound");
  if (!supported) return outbound;
  outbound.binding = OutboundBinding{outbound.instance, *reg_id};
  if (request.via.size() == 1 || path_keeps_flow(request)) outbound.use = OutboundUse::direct;
  else outbound.use = OutboundUse::first_hop;
  return outbound;
}

}  // namespace parley::sip
