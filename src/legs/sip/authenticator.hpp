// Digest authentication of requests, with a limit on guessing.
#pragma once

#include <string>
#include <variant>

#include "legs/sip/accounts.hpp"
#include "protocol/sip/stack.hpp"

namespace parley::legs {

/// What wrong passwords are counted by, in digests and at the log-in of the API.
std::string lockout_key_of_address(const IpAddress& address);
std::string lockout_key_of_user(std::string_view user);

/// One per worker. Nonces of one worker are good for the others, because they share a secret.
class Authenticator {
 public:
  /// `md5_only`: nothing else is offered to anybody; else not to WebSockets, whose telephones know no other.
  Authenticator(sip::digest::Server::Config digest, bool md5_only, const Accounts& accounts, SharedLockout& lockout)
      : digest_{std::move(digest)}, md5_only_{md5_only}, accounts_{accounts}, lockout_{lockout} {}

  /// The user who is proven to have sent it, or the answer: 401 with a challenge, 403 when locked
  /// out, 400 for credentials that cannot be read.
  std::variant<std::string, sip::Reply> authenticate(const sip::Message& request, const sip::Flow& from, TimePoint now);

 private:
  sip::digest::Server::Outcome verify(const sip::Message& request, TimePoint now);

  sip::digest::Server digest_;
  const bool md5_only_;
  const Accounts& accounts_;
  SharedLockout& lockout_;
};

}  // namespace parley::legs
