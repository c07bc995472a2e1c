#include "legs/sip/authenticator.hpp"

#include <algorithm>

namespace parley::legs {
namespace {

sip::Reply locked_reply(TimePoint until, TimePoint now) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(until - now).count();
  return {.status = 403,
          .reason = "Too Many Wrong Passwords",
          .headers = {{"Retry-After", std::to_string(std::max<std::int64_t>(1, seconds))}}};
}

}  // namespace

std::string lockout_key_of_address(const IpAddress& address) { return "address " + address.to_string(); }
std::string lockout_key_of_user(std::string_view user) { return "user " + std::string{user}; }

/// A user has several passwords while desks are open: their own and what was lent to each.
sip::digest::Server::Outcome Authenticator::verify(const sip::Message& request, TimePoint now) {
  sip::digest::Server::Outcome outcome;
  std::size_t candidates = 1;
  for (std::size_t i = 0; i < candidates; ++i) {
    const auto ha1_of = [&](std::string_view user, sip::digest::Algorithm algorithm) -> std::optional<std::string> {
      auto ha1s = accounts_.ha1s(user, algorithm, now);
      candidates = std::max(candidates, ha1s.size());
      if (i >= ha1s.size()) return std::nullopt;
      return std::move(ha1s[i]);
    };
    outcome = digest_.verify(request, sip::digest::Side::user_agent, ha1_of, now);
    if (outcome.verdict != sip::digest::Verdict::wrong) break;
  }
  return outcome;
}

std::variant<std::string, sip::Reply> Authenticator::authenticate(const sip::Message& request, const sip::Flow& from,
                                                                  TimePoint now) {
  using sip::digest::Verdict;
  const std::string address_key = lockout_key_of_address(from.remote.address);
  if (lockout_.locked(address_key, now)) return locked_reply(lockout_.locked_until(address_key, now), now);
  auto outcome = verify(request, now);
  const std::string user_key = lockout_key_of_user(outcome.user);
  if (!outcome.user.empty() && lockout_.locked(user_key, now))
    return locked_reply(lockout_.locked_until(user_key, now), now);

  switch (outcome.verdict) {
    case Verdict::ok:
      lockout_.right(address_key);
      lockout_.right(user_key);
      return std::move(outcome.user);
    case Verdict::malformed: return sip::Reply{.status = 400, .reason = "Bad Authorization"};
    case Verdict::wrong:
      lockout_.wrong(address_key, now);
      if (accounts_.knows(outcome.user)) lockout_.wrong(user_key, now);
      break;
    case Verdict::stale:
    case Verdict::no_credentials: break;
  }
  sip::Reply challenge{.status = 401};
  for (auto& value : digest_.challenge(now, {.stale = outcome.verdict == Verdict::stale,
                                             .md5_only = md5_only_ || sip::is_websocket(from.transport)}))
    challenge.headers.push_back({"WWW-Authenticate", std::move(value)});
  return challenge;
}

}  // namespace parley::legs
