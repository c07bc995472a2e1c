// Who may prove with a password to be somebody: telephones and agents, and the desks that they opened.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/lockout.hpp"
#include "base/time.hpp"
#include "legs/sip/media_policy.hpp"
#include "protocol/sip/digest.hpp"

namespace parley::legs {

/// A telephone or agent that may authenticate. The password itself is not kept.
struct Account {
  std::string ha1_md5, ha1_sha256;
  std::optional<SrtpPolicy> srtp{};  // of its own calls; nothing: as for the transport
  bool agent = false;                // nobody speaks in an agent's name without a password, wherever they call
  static Account make(std::string_view user, std::string_view realm, std::string_view password);
};

/// One for all workers. Passwords of the configuration stay; those of a log-in end with it.
class Accounts {
 public:
  using Permanent = std::map<std::string, Account, std::less<>>;  // by user

  Accounts(std::string realm, Permanent accounts) : realm_{std::move(realm)}, accounts_{std::move(accounts)} {}

  bool knows(std::string_view user) const { return accounts_.contains(user); }
  bool is_agent(std::string_view user) const;
  /// What is configured for that user's media.
  std::optional<SrtpPolicy> srtp_of(std::string_view user) const;
  /// Whether it is that user's own password.
  bool matches(std::string_view user, std::string_view password) const;
  /// All that prove to be this user at this time.
  std::vector<std::string> ha1s(std::string_view user, sip::digest::Algorithm algorithm, TimePoint now) const;
  const std::string& realm() const { return realm_; }

  /// One more password of that user, until then. The user's oldest of more than a few gives way.
  void lend(std::string_view user, std::string_view password, std::string log_in, TimePoint until);
  /// What was lent to this log-in is worth nothing from now on.
  void revoke(std::string_view log_in);

 private:
  static constexpr std::size_t max_lent_per_user = 8;

  struct Lent {
    std::string log_in;
    Account account;
    TimePoint until;
  };

  const std::string realm_;
  const Permanent accounts_;
  mutable std::mutex mutex_;  // of what follows
  std::map<std::string, std::vector<Lent>, std::less<>> lent_;
};

/// Counts wrong passwords for all workers. Locked only when somebody authenticates.
class SharedLockout {
 public:
  bool locked(std::string_view key, TimePoint now);
  TimePoint locked_until(std::string_view key, TimePoint now);
  void wrong(std::string_view key, TimePoint now);
  void right(std::string_view key);

 private:
  std::mutex mutex_;
  Lockout lockout_;
};

}  // namespace parley::legs
