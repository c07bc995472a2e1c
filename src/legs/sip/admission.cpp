#include "legs/sip/admission.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace parley::legs {
namespace {

sip::Reply locked_reply(TimePoint until, TimePoint now) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(until - now).count();
  return {.status = 403,
          .reason = "Too Many Wrong Passwords",
          .headers = {{"Retry-After", std::to_string(std::max<std::int64_t>(1, seconds))}}};
}

}  // namespace

Account Account::make(std::string_view user, std::string_view realm, std::string_view password) {
  using sip::digest::Algorithm;
  return {sip::digest::ha1(Algorithm::md5, user, realm, password),
          sip::digest::ha1(Algorithm::sha256, user, realm, password)};
}

bool SharedLockout::locked(std::string_view key, TimePoint now) {
  const std::scoped_lock lock{mutex_};
  return lockout_.locked(key, now);
}

TimePoint SharedLockout::locked_until(std::string_view key, TimePoint now) {
  const std::scoped_lock lock{mutex_};
  return lockout_.locked_until(key, now);
}

void SharedLockout::wrong(std::string_view key, TimePoint now) {
  const std::scoped_lock lock{mutex_};
  if (lockout_.wrong(key, now)) log::warn("sip log-in locked key={}", key);
}

void SharedLockout::right(std::string_view key) {
  const std::scoped_lock lock{mutex_};
  lockout_.right(key);
}

std::variant<Admitted, sip::Reply> Admission::judge(const sip::Message& invite, const sip::Flow& from, TimePoint now) {
  const std::string to = invite.request_uri.decoded_user();
  const std::string user = invite.from.uri.decoded_user();
  const auto trunk = trunk_of(from.remote.address);
  const auto* route = call::find_route(config_.routes, {.to = to, .from = user, .trunk = trunk});
  if (!route) return sip::Reply{.status = 404};

  auto level = trunk.empty() ? call::IdentityLevel::claimed : call::IdentityLevel::network;
  if (route->open) {
    // Whoever is behind a proxy is not the neighbour that an open extension is meant for.
    if (invite.via.size() > 1 && trunk.empty())
      return sip::Reply{.status = 403, .reason = "Open Extensions Take No Proxied Calls"};
  } else if (trunk.empty()) {
    if (auto refusal = authenticate(invite, from, now)) return std::move(*refusal);
    level = call::IdentityLevel::verified;
  }
  // Agents cannot register yet, so none is ever reachable.
  if (route->target.kind == call::RouteTarget::Kind::extension) return sip::Reply{.status = 480};
  const bool verified = level == call::IdentityLevel::verified;
  return Admitted{route->target,
                  "sip:" + user + "@" + invite.from.uri.host,
                  to,
                  {.level = level},
                  srtp_of(trunk, verified ? user : std::string{})};
}

std::optional<SrtpPolicy> Admission::srtp_of(std::string_view trunk, std::string_view verified_user) const {
  const auto peer = std::ranges::find(config_.trunks, trunk, &TrunkPeer::name);
  if (!trunk.empty() && peer != config_.trunks.end()) return peer->srtp;
  const auto account = config_.accounts.find(verified_user);
  return account == config_.accounts.end() ? std::nullopt : account->second.srtp;
}

std::optional<sip::Reply> Admission::authenticate(const sip::Message& invite, const sip::Flow& from, TimePoint now) {
  using sip::digest::Verdict;
  const std::string address_key = "address " + from.remote.address.to_string();
  if (lockout_.locked(address_key, now)) return locked_reply(lockout_.locked_until(address_key, now), now);

  const auto ha1_of = [this](std::string_view user, sip::digest::Algorithm algorithm) -> std::optional<std::string> {
    const auto account = config_.accounts.find(user);
    if (account == config_.accounts.end()) return std::nullopt;
    return algorithm == sip::digest::Algorithm::md5 ? account->second.ha1_md5 : account->second.ha1_sha256;
  };
  const auto outcome = digest_.verify(invite, sip::digest::Side::user_agent, ha1_of, now);
  const std::string user_key = "user " + outcome.user;
  if (!outcome.user.empty() && lockout_.locked(user_key, now))
    return locked_reply(lockout_.locked_until(user_key, now), now);

  switch (outcome.verdict) {
    case Verdict::ok:
      // From is what a call is shown and stored as: nobody speaks in another's name.
      if (invite.from.uri.decoded_user() != outcome.user) return sip::Reply{.status = 403, .reason = "From Is Not You"};
      lockout_.right(address_key);
      lockout_.right(user_key);
      return std::nullopt;
    case Verdict::malformed: return sip::Reply{.status = 400, .reason = "Bad Authorization"};
    case Verdict::wrong:
      lockout_.wrong(address_key, now);
      if (config_.accounts.contains(outcome.user)) lockout_.wrong(user_key, now);
      break;
    case Verdict::stale:
    case Verdict::no_credentials: break;
  }
  sip::Reply challenge{.status = 401};
  for (auto& value : digest_.challenge(
           now, {.stale = outcome.verdict == Verdict::stale, .md5_only = sip::is_websocket(from.transport)}))
    challenge.headers.push_back({"WWW-Authenticate", std::move(value)});
  return challenge;
}

std::string_view Admission::trunk_of(const IpAddress& address) const {
  for (const TrunkPeer& trunk : config_.trunks)
    if (std::ranges::find(trunk.addresses, address) != trunk.addresses.end()) return trunk.name;
  return {};
}

}  // namespace parley::legs
