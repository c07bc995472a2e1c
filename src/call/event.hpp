// What happened to a call, as subscribers, webhooks and the log get it (API.md).
#pragma once

#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace parley::call {

struct Event {
  std::string cursor;     // opaque to others; made by the hub
  std::uint64_t seq = 0;  // counts within the call; events without a call count by themselves
  WallTime at{};
  std::string call_id;  // empty: not about a call (agent.presence, queue.stats)
  std::string type;     // `call.state`, …
  std::string data;     // a JSON object as text
};

/// `{"cursor":…,"seq":…,"at":…,"call_id":…,"type":…,"data":{…}}` on one line.
std::string to_json(const Event& event);

}  // namespace parley::call
