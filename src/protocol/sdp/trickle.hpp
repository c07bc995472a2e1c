// Candidates that come after the offer: `application/trickle-ice-sdpfrag` (RFC 8840), as WHIP's PATCH carries it (RFC
// 9725).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ice/candidate.hpp"
#include "protocol/ice/credentials.hpp"
#include "protocol/sdp/description.hpp"

namespace parley::sdp {

struct TrickleFragment {
  struct Section {
    std::string media = "audio 9 UDP/TLS/RTP/SAVPF 0";  // of its m=
    std::string mid;
    std::optional<ice::Credentials> credentials;  // where they differ from the session's
    std::vector<ice::Candidate> candidates;
    bool end_of_candidates = false;
    bool operator==(const Section&) const = default;
  };

  std::optional<ice::Credentials> credentials;  // others than the session's: an ICE restart
  bool ice_lite = false, trickle = false;
  std::vector<std::string> bundle;  // the mids of its group
  std::vector<Section> sections;
  std::size_t candidates_skipped = 0;  // host names, unknown transports, and those beyond the bound
  bool end_of_candidates = false;      // for all of them

  /// At most 16 KiB, 16 sections, 64 candidates in each. Unknown lines are skipped, as are candidates that we don't
  /// understand.
  static Result<TrickleFragment, Error> parse(std::string_view text);
  std::string to_string() const;

  /// For the section of this mid: its own, else the fragment's.
  const Section* find(std::string_view mid) const;
  std::optional<ice::Credentials> credentials_for(std::string_view mid) const;
};

}  // namespace parley::sdp
