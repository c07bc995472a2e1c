#include "legs/sip/accounts.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/log.hpp"

namespace parley::legs {
namespace {

using sip::digest::Algorithm;

const std::string& ha1_of(const Account& account, Algorithm algorithm) {
  return algorithm == Algorithm::md5 ? account.ha1_md5 : account.ha1_sha256;
}

}  // namespace

Account Account::make(std::string_view user, std::string_view realm, std::string_view password) {
  return {.ha1_md5 = sip::digest::ha1(Algorithm::md5, user, realm, password),
          .ha1_sha256 = sip::digest::ha1(Algorithm::sha256, user, realm, password)};
}

bool Accounts::is_agent(std::string_view user) const {
  const auto found = accounts_.find(user);
  return found != accounts_.end() && found->second.agent;
}

std::optional<SrtpPolicy> Accounts::srtp_of(std::string_view user) const {
  const auto found = accounts_.find(user);
  return found == accounts_.end() ? std::nullopt : found->second.srtp;
}

bool Accounts::matches(std::string_view user, std::string_view password) const {
  const auto found = accounts_.find(user);
  // Nobody is compared with, too: what a guess costs must not tell who there is.
  const auto given = sip::digest::ha1(Algorithm::sha256, user, realm_, password);
  const std::string nobody(given.size(), '-');
  const auto& right = found == accounts_.end() ? nobody : found->second.ha1_sha256;
  return given.size() == right.size() && CRYPTO_memcmp(given.data(), right.data(), given.size()) == 0;
}

std::vector<std::string> Accounts::ha1s(std::string_view user, Algorithm algorithm, TimePoint now) const {
  std::vector<std::string> all;
  const auto found = accounts_.find(user);
  if (found == accounts_.end()) return all;
  all.push_back(ha1_of(found->second, algorithm));
  const std::scoped_lock lock{mutex_};
  if (const auto lent = lent_.find(user); lent != lent_.end())
    for (const Lent& each : lent->second)
      if (each.until > now) all.push_back(ha1_of(each.account, algorithm));
  return all;
}

void Accounts::lend(std::string_view user, std::string_view password, std::string log_in, TimePoint until) {
  if (!knows(user)) return;
  auto account = Account::make(user, realm_, password);
  const std::scoped_lock lock{mutex_};
  auto& lent = lent_[std::string{user}];
  if (lent.size() >= max_lent_per_user) lent.erase(lent.begin());
  lent.push_back({std::move(log_in), std::move(account), until});
}

void Accounts::revoke(std::string_view log_in) {
  const std::scoped_lock lock{mutex_};
  for (auto& [user, lent] : lent_) std::erase_if(lent, [&](const Lent& each) { return each.log_in == log_in; });
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
  if (lockout_.wrong(key, now)) log::warn("log-in locked key=\"{}\"", key);
}

void SharedLockout::right(std::string_view key) {
  const std::scoped_lock lock{mutex_};
  lockout_.right(key);
}

}  // namespace parley::legs
