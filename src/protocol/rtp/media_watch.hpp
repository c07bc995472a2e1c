// Notices that media has stopped.
#pragma once

#include "base/time.hpp"

namespace parley::rtp {

/// Expires after `limit` without RTP or RTCP while the stream is expected: negotiated as receiving
/// and not held. A peer on hold, or one that never agreed to send, may be silent for ever.
class MediaWatch {
 public:
  explicit MediaWatch(TimePoint now, Duration limit = 30s) : limit_{limit}, heard_at_{now} {}

  /// After each negotiation and each hold or resume. Becoming expected starts the time anew.
  void expect(bool receiving_and_not_held, TimePoint now) {
    if (receiving_and_not_held && !expected_) heard_at_ = now;
    expected_ = receiving_and_not_held;
  }
  /// A packet of the peer's was accepted.
  void heard(TimePoint now) { heard_at_ = now; }

  bool expired(TimePoint now) const { return now >= deadline(); }
  /// TimePoint::max() while nothing is expected.
  TimePoint deadline() const { return expected_ ? heard_at_ + limit_ : TimePoint::max(); }

 private:
  Duration limit_;
  TimePoint heard_at_;
  bool expected_ = false;
};

}  // namespace parley::rtp
