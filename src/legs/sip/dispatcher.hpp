// Which worker a SIP message is for.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

#include "base/time.hpp"
#include "protocol/sip/message.hpp"
#include "protocol/sip/stack.hpp"

namespace parley::legs {

/// What we made and comes back (a To tag, a Via branch) carries its worker's index. Only requests
/// outside a dialog need a memory: an INVITE goes to the least loaded worker, and everything with
/// its Call-ID follows it there for a while: retransmissions, CANCEL, the ACK of a refusal, and the
/// INVITE again with credentials. Bounded: the oldest entry gives way.
///
/// One per receiving worker. Where a Call-ID comes over two connections to two receivers, the later
/// INVITE may be placed elsewhere, and is then a call of its own.
class Dispatcher {
 public:
  /// `least_loaded` is asked once per new INVITE.
  Dispatcher(int workers, std::function<int()> least_loaded)
      : workers_{workers}, least_loaded_{std::move(least_loaded)} {}

  int worker_for(const sip::Message& message, TimePoint now);

 private:
  static constexpr std::size_t max_entries = 100'000;
  static constexpr Duration lifetime = 64s;  // twice Timer B: a whole INVITE and its retry

  struct Entry {
    int worker;
    TimePoint until;
  };

  int workers_;
  std::function<int()> least_loaded_;
  std::unordered_map<std::string, Entry> by_call_id_;
  std::deque<std::string> order_;  // oldest first
};

}  // namespace parley::legs
