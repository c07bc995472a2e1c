// Reaching agents by SIP: their registered telephones, an extension of a PBX, any SIP address.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "call/dialler.hpp"
#include "legs/sip/user_agent.hpp"

namespace parley::legs {

/// A PBX that numbers are dialled through.
struct DialTrunk {
  std::string name;
  sip::Uri registrar;
  std::string user;
  sip::Credentials credentials;
  std::optional<SrtpPolicy> srtp{};
};

/// One per worker, over that worker's user agent.
class SipDialler final : public call::Dialler {
 public:
  struct Config {
    std::vector<DialTrunk> trunks;                                 // the first takes numbers that are nobody's here
    const call::Directory* directory = nullptr;                    // null: no agent has registered
    std::map<std::string, SrtpPolicy, std::less<>> agents_srtp{};  // by extension, where it is configured
  };

  SipDialler(UserAgent& agent, Config config) : agent_{agent}, config_{std::move(config)} {}

  std::vector<call::DialTarget> locate(std::string_view to) override;
  Result<std::unique_ptr<call::Leg>, call::DialFailure> dial(const call::DialTarget& target, call::LegOptions options,
                                                             call::LegListener& listener) override;

 private:
  UserAgent& agent_;
  const Config config_;
};

}  // namespace parley::legs
