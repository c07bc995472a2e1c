// What came from outside and went no further, counted by why.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parley::legs {

enum class Drop : std::uint8_t {
  no_session,         // nobody's: a stranger's, or of a session that has ended
  unchecked_path,     // DTLS from where ICE has checked nothing
  truncated,          // longer than any datagram of WebRTC
  unknown,            // neither STUN, DTLS nor media
  stun_malformed,     // or with a wrong FINGERPRINT
  stun_unauthorized,  // another ufrag, or a wrong password
  stun_refused,       // what we cannot do: 400, 420, 487
  stun_unasked,       // answers to nothing that we asked, and what is no Binding
  stun_over_rate,     // more than a peer needs
  stun_late,          // after consent was lost
  dtls,               // too long, too much before the keys, or application data
  srtp_early,         // before there are keys
  srtp_forged,        // the tag is wrong
  srtp_replayed,      // seen already, or older than the window
  srtp_malformed,     // no RTP or RTCP, or one source too many
  tcp_refused,        // connections beyond the limit
  tcp_framing,        // connections that carried something else (RFC 4571)
  tcp_behind,         // ours, to a connection that does not take them
  not_sent,           // ours, that the system did not take
  count,
};
/// As a metric's label.
std::string_view name(Drop drop);

class Drops {
 public:
  std::uint64_t& operator[](Drop drop) { return counts_[static_cast<std::size_t>(drop)]; }
  std::uint64_t operator[](Drop drop) const { return counts_[static_cast<std::size_t>(drop)]; }
  Drops& operator+=(const Drops& more) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += more.counts_[i];
    return *this;
  }
  bool operator==(const Drops&) const = default;

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Drop::count)> counts_{};
};

}  // namespace parley::legs
