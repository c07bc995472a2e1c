// The short-term credentials of one ICE session (RFC 8445 §5.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace parley::ice {

struct Credentials {
  std::string ufrag, pwd;

  /// Our own: the ufrag says which worker holds the session, and has 45 random bits; the pwd has 130.
  static Credentials make(int worker, Random& random);
  /// As RFC 8839 §5.4 limits a peer's: 4 to 256 and 22 to 256 characters. Beyond its ice-char, `=` and `-` and `_` are
  /// taken: some peers send padded base64.
  bool acceptable() const;
  bool operator==(const Credentials&) const = default;
};

/// The worker that a ufrag of ours carries; nothing when it is none of ours.
std::optional<int> worker_of(std::string_view ufrag);

}  // namespace parley::ice
