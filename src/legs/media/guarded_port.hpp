// A media port that protects what it sends and lets through only what is genuine.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "legs/media/media_port.hpp"
#include "protocol/dtls/connection.hpp"
#include "protocol/srtp/session.hpp"

namespace parley::legs {

/// What offer and answer settled about keys; neither: plain RTP.
struct Protection {
  struct Dtls {
    dtls::Role role = dtls::Role::server;
    std::vector<dtls::Fingerprint> fingerprints{};
    bool operator==(const Dtls&) const = default;
  };
  std::optional<srtp::Keys> keys{};
  std::optional<Dtls> dtls{};
  bool operator==(const Protection&) const = default;
};

class GuardedPort : public MediaPort {
 public:
  struct Remote {
    Endpoint rtp, rtcp;
    bool rtcp_mux = false;
  };
  struct Counters {
    std::uint64_t forged = 0, replayed = 0;
    std::uint64_t early = 0;  // before there were keys
  };

  /// After each negotiation.
  virtual void protect(const Protection& protection, const Remote& remote, TimePoint now) = 0;
  virtual void advance(TimePoint now) = 0;
  /// Media may flow.
  virtual bool ready() const = 0;
  /// Why it never will.
  virtual std::optional<std::string_view> failure() const = 0;

  const Counters& counters() const { return counters_; }

 protected:
  void count(srtp::Error error) { ++(error == srtp::Error::replay ? counters_.replayed : counters_.forged); }
  Counters counters_;
};

}  // namespace parley::legs
