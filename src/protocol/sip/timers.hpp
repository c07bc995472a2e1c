// The timers of RFC 3261 table 4, and the few that later RFCs and good sense add.
#pragma once

#include "base/time.hpp"

namespace parley::sip {

struct Timers {
  Duration t1 = 500ms;  // round-trip estimate; A, E and G start with it
  Duration t2 = 4s;     // the longest interval between retransmissions of what is not an INVITE
  Duration t4 = 5s;     // how long a datagram may live in the network: I and K
  Duration d = 32s;     // how long an INVITE client remembers its ACK

  constexpr Duration give_up() const { return 64 * t1; }  // B, F, H, J, L and M
};

}  // namespace parley::sip
