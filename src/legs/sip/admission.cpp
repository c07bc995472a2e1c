#include "legs/sip/admission.hpp"

#include <algorithm>

namespace parley::legs {
namespace {

constexpr std::size_t max_context_headers = 16, max_context_value = 512;

/// What the peer's system wants to tell ours about the call. Bounded: it is kept and passed on.
std::vector<std::pair<std::string, std::string>> context_of(const sip::Message& invite) {
  std::vector<std::pair<std::string, std::string>> context;
  for (const auto& header : invite.headers) {
    if (context.size() >= max_context_headers) break;
    const bool ours = header.name.starts_with("X-") || header.name.starts_with("x-");
    if (ours && header.value.size() <= max_context_value) context.emplace_back(header.name, header.value);
  }
  return context;
}

/// RFC 3325 §9.1: of a SIP and a tel identity, the first that we can show.
std::optional<sip::Uri> asserted_identity(const sip::Message& invite) {
  const auto asserted = invite.addresses("P-Asserted-Identity");
  if (!asserted) return std::nullopt;
  for (const auto& identity : *asserted)
    if (!identity.uri.user.empty()) return identity.uri;
  return std::nullopt;
}

}  // namespace

std::variant<Admitted, sip::Reply> Admission::judge(const sip::Message& invite, const sip::Flow& from, TimePoint now) {
  // A page in a browser on the PBX's machine is not the PBX.
  const auto* trunk = sip::is_websocket(from.transport) ? nullptr : trunk_of(from.remote.address);
  sip::Uri caller = invite.from.uri;
  auto level = call::IdentityLevel::claimed;
  if (trunk && trunk->trusted)
    if (auto asserted = asserted_identity(invite)) {
      caller = std::move(*asserted);
      level = call::IdentityLevel::network;
    }
  const std::string to = invite.request_uri.decoded_user(), user = caller.decoded_user();
  const std::string_view trunk_name = trunk ? std::string_view{trunk->name} : std::string_view{};
  const auto* route = call::find_route(config_.routes, {.to = to, .from = user, .trunk = trunk_name});
  if (!route) {
    if (trunk == nullptr && config_.outside && accounts_.knows(user)) return judge_outside(invite, from, now);
    return sip::Reply{.status = 404};
  }
  if (route->open && !(trunk == nullptr && accounts_.is_agent(user))) {
    // Whoever is behind a proxy is not the neighbour that an open extension is meant for.
    if ((invite.via.size() > 1 || from.proxied) && trunk == nullptr)
      return sip::Reply{.status = 403, .reason = "Open Extensions Take No Proxied Calls"};
  } else if (trunk == nullptr) {
    if (auto refusal = prove(invite, from, now)) return std::move(*refusal);
    level = call::IdentityLevel::verified;
  }
  if (route->target.kind == call::RouteTarget::Kind::extension) {
    const auto agent = config_.directory ? config_.directory->find(route->target.extension) : nullptr;
    if (!agent || !agent->reachable()) return sip::Reply{.status = 480};
  }
  Admitted admitted{
      .target = route->target, .from = "sip:" + user + "@" + caller.host, .to = to, .identity = {.level = level}};
  if (trunk) admitted.srtp = trunk->srtp;
  else if (level == call::IdentityLevel::verified) admitted.srtp = accounts_.srtp_of(user);
  if (trunk || level == call::IdentityLevel::verified) admitted.context = context_of(invite);
  return admitted;
}

std::variant<Admitted, sip::Reply> Admission::judge_outside(const sip::Message& invite, const sip::Flow& from,
                                                            TimePoint now) {
  if (auto refusal = prove(invite, from, now)) return std::move(*refusal);
  const std::string caller = invite.from.uri.decoded_user(), to = invite.request_uri.decoded_user();
  auto answer = config_.outside(caller, to);
  if (auto* refusal = std::get_if<sip::Reply>(&answer)) return std::move(*refusal);
  return Admitted{.target = {.kind = call::RouteTarget::Kind::outside, .assistant = {}, .extension = to},
                  .from = "sip:" + caller + "@" + invite.from.uri.host,
                  .to = to,
                  .identity = {.level = call::IdentityLevel::verified},
                  .permit = std::get<std::shared_ptr<const void>>(std::move(answer)),
                  .context = context_of(invite),
                  .srtp = accounts_.srtp_of(caller)};
}

std::optional<sip::Reply> Admission::prove(const sip::Message& invite, const sip::Flow& from, TimePoint now) {
  auto proven = authenticator_.authenticate(invite, from, now);
  if (auto* refusal = std::get_if<sip::Reply>(&proven)) return std::move(*refusal);
  // From is what a call is shown and stored as: nobody speaks in another's name.
  if (invite.from.uri.decoded_user() != std::get<std::string>(proven))
    return sip::Reply{.status = 403, .reason = "From Is Not You"};
  return std::nullopt;
}

const TrunkPeer* Admission::trunk_of(const IpAddress& address) const {
  for (const TrunkPeer& trunk : config_.trunks)
    if (std::ranges::find(trunk.addresses, address) != trunk.addresses.end()) return &trunk;
  return nullptr;
}

}  // namespace parley::legs
