// The states of a call (API.md): arriving → ringing → answered → with_assistant → queued →
// transferring → with_agent → ended. Hold is a flag beside the state.
#pragma once

#include <cstdint>
#include <string_view>

namespace parley::call {

enum class State : std::uint8_t {
  arriving,
  ringing,
  answered,
  with_assistant,
  queued,
  transferring,
  with_agent,
  ended,
};
std::string_view to_string(State state);

enum class Direction : std::uint8_t { inbound, outbound };
std::string_view to_string(Direction direction);

}  // namespace parley::call
