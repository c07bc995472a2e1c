#include "protocol/rtp/latching.hpp"

namespace parley::rtp {

void Latching::negotiate(std::optional<Endpoint> remote, bool renegotiated) {
  if (remote != negotiated_ || renegotiated) locked_.reset();
  negotiated_ = remote;
}

bool Latching::acceptable(const Endpoint& from, TimePoint now) const {
  switch (config_.mode) {
    case Mode::strict: return from == negotiated_;
    case Mode::authenticated: return true;
    case Mode::symmetric: break;
  }
  return !locked_ || from == *locked_ || now - heard_at_ >= config_.relock_after;
}

Latching::Verdict Latching::receive(const Endpoint& from, TimePoint now) {
  if (!acceptable(from, now)) {
    ++rejected_;
    return Verdict::rejected;
  }
  const bool changed = locked_ != from;
  if (changed && locked_) ++switches_;
  locked_ = from;
  heard_at_ = now;
  return changed ? Verdict::latched : Verdict::accepted;
}

}  // namespace parley::rtp
