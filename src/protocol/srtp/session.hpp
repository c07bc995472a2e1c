// SRTP and SRTCP for one peer (RFC 3711, RFC 7714), over libsrtp2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "protocol/srtp/keys.hpp"

struct srtp_ctx_t_;

namespace parley::srtp {

enum class Error : std::uint8_t {
  malformed,         // not an RTP or RTCP packet, or too short for its tag
  authentication,    // the tag is wrong: forged, or for other keys
  replay,            // seen already, or older than the window
  too_many_sources,  // one SSRC more than there is room for
  buffer_too_small,  // protecting would not fit
  key_expired,       // 2^48 packets, or 2^31 of RTCP
  count,
};

/// Starts libsrtp, which tests each of its ciphers for 0.1 to 0.2 s; once a process. The first session
/// would do it, in the middle of a call: so dtls::Context does it before.
void start();

/// Protects what goes to one peer and unprotects what comes from it, in place.
///
/// Any SSRC of either side shares its side's master key, and has its own rollover counter and replay
/// window. A packet costs about a microsecond and no allocation, but for the first of each SSRC.
/// An unauthentic packet changes nothing, so only the peer itself can fill the table of sources;
/// when it is full, a new source is refused: forgetting one would let its packets be replayed.
class Session {
 public:
  struct Config {
    std::size_t replay_window = 1024;  // packets: 20 s of audio
    std::size_t max_sources = 32;      // SSRCs in each direction
  };

  explicit Session(const Keys& keys) : Session{keys, Config{}} {}
  Session(const Keys& keys, Config config);

  /// Other keys from now on, in the directions where they differ: what has the key that it had keeps its rollover
  /// counter and replay window, a new key begins anew.
  void rekey(const Keys& keys);

  /// The packet is the first `size` bytes of `buffer`; the rest is room for the tag (max_overhead
  /// always suffices). The result is the front of `buffer`.
  Result<std::span<std::byte>, Error> protect(std::span<std::byte> buffer, std::size_t size);
  Result<std::span<std::byte>, Error> protect_rtcp(std::span<std::byte> buffer, std::size_t size);

  /// The result is the front of `datagram`. After an error its bytes mean nothing.
  Result<std::span<std::byte>, Error> unprotect(std::span<std::byte> datagram);
  Result<std::span<std::byte>, Error> unprotect_rtcp(std::span<std::byte> datagram);

  Profile profile() const { return keys_.profile; }
  /// Packets refused, both directions.
  std::uint64_t refused(Error error) const { return refused_[static_cast<std::size_t>(error)]; }

 private:
  struct Free {
    void operator()(srtp_ctx_t_* context) const;
  };
  struct Direction {
    std::unique_ptr<srtp_ctx_t_, Free> context;
    std::size_t max_sources = 0;
    std::vector<std::uint32_t> ssrcs;  // reserved for all of them
    bool has_room_for(std::uint32_t ssrc) const;
    void remember(std::uint32_t ssrc);
  };
  enum class Operation : std::uint8_t { protect, protect_rtcp, unprotect, unprotect_rtcp };

  /// Runs on the front of `buffer` and returns what became of it.
  Result<std::span<std::byte>, Error> run(Operation operation, std::span<std::byte> buffer, std::size_t size);
  Result<std::span<std::byte>, Error> refuse(Error error);

  void make(Direction& direction, const MasterKey& master, bool sends);

  Keys keys_;
  Config config_;
  Direction sending_, receiving_;
  std::array<std::uint64_t, static_cast<std::size_t>(Error::count)> refused_{};
};

}  // namespace parley::srtp
