// Where media is sent and from where it is taken: symmetric RTP (RFC 4961) with a lock.
#pragma once

#include <cstdint>
#include <optional>

#include "base/endpoint.hpp"
#include "base/time.hpp"

namespace parley::rtp {

/// A phone behind NAT names an address in its SDP that nobody can reach; its packets come from
/// another. So we send to the SDP's address until the first valid packet comes, and from then on to
/// where that one came from. That source is locked: whoever else sends to the port is dropped and
/// counted, or a stranger who guesses the port could take the call's media over ("RTP bleed").
class Latching {
 public:
  enum class Mode : std::uint8_t {
    strict,         // the negotiated address only
    symmetric,      // the first valid packet decides
    authenticated,  // every packet was proven by SRTP keys from DTLS: the newest source is right
  };
  struct Config {
    Mode mode = Mode::symmetric;
    /// A locked source must have been silent this long before another may take its place.
    Duration relock_after = 5s;
  };
  enum class Verdict : std::uint8_t { accepted, latched, rejected };

  explicit Latching(Config config) : config_{config} {}

  /// The address of a new offer or answer. Unlocks when it changes, or when `renegotiated`: a
  /// re-INVITE may mean a new device behind the same address.
  void negotiate(std::optional<Endpoint> remote, bool renegotiated = false);

  /// Asks whether `from` may speak, changing nothing: before a packet has been found valid.
  bool acceptable(const Endpoint& from, TimePoint now) const;
  /// A valid packet came from `from`.
  Verdict receive(const Endpoint& from, TimePoint now);

  /// Where to send; nothing while neither an address was negotiated nor a packet has come.
  const std::optional<Endpoint>& destination() const { return locked_ ? locked_ : negotiated_; }
  bool locked() const { return locked_.has_value(); }
  std::uint64_t rejected() const { return rejected_; }
  std::uint64_t switches() const { return switches_; }

 private:
  Config config_;
  std::optional<Endpoint> negotiated_;
  std::optional<Endpoint> locked_;
  TimePoint heard_at_{};
  std::uint64_t rejected_ = 0;
  std::uint64_t switches_ = 0;
};

}  // namespace parley::rtp
