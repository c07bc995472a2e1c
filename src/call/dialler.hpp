// Reaching agents: where they are, and a leg to one of these places.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audio/frame.hpp"
#include "base/result.hpp"
#include "call/directory.hpp"
#include "call/leg.hpp"

namespace parley::call {

/// One place to ring: a registered telephone, an extension of a PBX, any SIP address.
struct DialTarget {
  std::string uri{};
  std::string address{};                  // for people: the extension, or the URI
  std::string agent{};                    // whose telephone it is: an extension of the directory; empty: a stranger's
  std::string trunk{};                    // whose account is used; empty: none
  std::optional<AgentContact> contact{};  // the way to a registered telephone
};

struct LegOptions {
  std::string call_id;     // of the call that it will be a leg of
  std::string from, name;  // user part and display name that the agent sees
  audio::Rate rate = audio::Rate::narrow;
  std::chrono::milliseconds ring_timeout{30'000};            // the leg gives up by itself then
  std::vector<std::pair<std::string, std::string>> headers;  // `X-…`: the call's context
};

enum class DialFailure : std::uint8_t { bad_target, no_port };

/// Of one worker, and used there. The legs are made for a call on that worker.
class Dialler {
 public:
  virtual ~Dialler() = default;
  /// Empty: nowhere at the moment.
  virtual std::vector<DialTarget> locate(std::string_view to) = 0;
  /// Dials at once. The listener may be told of the leg's end before this returns.
  virtual Result<std::unique_ptr<Leg>, DialFailure> dial(const DialTarget& target, LegOptions options,
                                                         LegListener& listener) = 0;
};

}  // namespace parley::call
