// Digest authentication of SIP requests, both sides (RFC 3261 §22, RFC 7616, RFC 8760).
//
// What is left out: "-sess" algorithms, SHA-512-256, userhash and username*, auth-int as a server.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "protocol/sip/digest_hash.hpp"
#include "protocol/sip/message.hpp"

namespace parley::sip::digest {

/// Who asks: a user agent or registrar with 401, a proxy with 407.
enum class Side : std::uint8_t { user_agent, proxy };

enum class Verdict : std::uint8_t {
  ok,
  stale,           // the password was right, the nonce is too old or its count was used: challenge with stale
  no_credentials,  // none for our realm and scheme: challenge
  wrong,           // count it, then challenge
  malformed,       // 400
};

/// Challenges and verifies. A nonce carries its own time under an HMAC, so that nothing is kept for
/// the challenges of strangers; only nonces that a right password has used are remembered.
class Server {
 public:
  struct Config {
    std::string realm;
    std::string secret;  // random; the nonces of another secret are stale
    Duration nonce_lifetime = std::chrono::minutes{5};
    std::size_t max_nonces = 10'000;
  };
  struct Offer {
    bool stale = false;
    bool md5_only = false;  // for clients that give up at an algorithm they don't know (JsSIP)
  };
  struct Outcome {
    Verdict verdict = Verdict::no_credentials;
    std::string user;  // whom they claim to be; proven only when ok
  };
  /// HA1 of a user for an algorithm; nothing when there is no such user or no such hash.
  using Ha1Of = std::function<std::optional<std::string>(std::string_view user, Algorithm algorithm)>;

  explicit Server(Config config) : config_{std::move(config)} {}

  /// One WWW-Authenticate or Proxy-Authenticate value per algorithm, the best first.
  std::vector<std::string> challenge(TimePoint now, Offer offer);
  std::vector<std::string> challenge(TimePoint now) { return challenge(now, Offer{}); }

  /// Looks for our realm among the request's Authorization or Proxy-Authorization headers.
  ///
  /// The digest's uri is not compared with the Request-URI: proxies on the way rewrite that, and the
  /// nonce count already keeps credentials from being used again elsewhere.
  Outcome verify(const Message& request, Side side, const Ha1Of& ha1_of, TimePoint now);
  /// The same for one header value.
  Outcome verify(std::string_view authorization, std::string_view method, const Ha1Of& ha1_of, TimePoint now);

  std::size_t nonces() const { return used_.size(); }

 private:
  struct NonceId {  // in the order they were made
    std::int64_t made_at;
    std::uint64_t serial;
    auto operator<=>(const NonceId&) const = default;
  };
  /// Counts may arrive out of order over UDP: a window of 64 below the highest is tracked.
  struct Counts {
    std::uint32_t highest = 0;
    std::uint64_t seen = 0;  // bit n: highest − n
    bool use(std::uint32_t count);
  };

  std::string make_nonce(TimePoint now);
  std::string sealed(NonceId id) const;
  std::optional<NonceId> open(std::string_view nonce) const;
  bool is_fresh(std::string_view nonce, std::uint32_t count, TimePoint now);

  Config config_;
  std::uint64_t serial_ = 0;
  std::map<NonceId, Counts> used_;
  NonceId forgotten_{INT64_MIN, 0};  // older ones may have been used, who knows
};

/// Answers challenges. One per peer (a trunk, a called party): it keeps the nonces and their counts.
class Client {
 public:
  struct Credentials {
    std::string user, password;
  };

  Client(Credentials credentials, Random random) : credentials_{std::move(credentials)}, random_{std::move(random)} {}

  /// Takes the strongest challenge of each realm in a 401 or 407. False when sending again is useless:
  /// nothing understood, or our answer for that realm was in `request` and its nonce was not stale.
  bool challenged(const Message& request, const Message& response);
  /// Puts credentials for all challenges known so far into the request, in place of older ones.
  void authorize(Message& request);
  /// Takes up a nextnonce of Authentication-Info (RFC 7616 §3.5).
  void succeeded(const Message& response);

 private:
  struct Challenge {
    Side side;
    std::string realm, nonce;
    std::optional<std::string> opaque;
    Algorithm algorithm;
    bool algorithm_named;
    std::string qop;  // "auth", "auth-int" or empty
    std::uint32_t count = 0;
    bool stale = false;
  };

  static std::optional<Challenge> read(std::string_view value, Side side);
  std::string credentials_for(Challenge& challenge, const Message& request);

  Credentials credentials_;
  Random random_;
  std::vector<Challenge> challenges_;  // one per side and realm
};

}  // namespace parley::sip::digest
