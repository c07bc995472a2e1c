// The words of the HTTP contract for the enumerations of a call.
#include "call/application.hpp"
#include "call/state.hpp"
#include "call/turn.hpp"

namespace parley::call {

std::string_view to_string(State state) {
  static constexpr std::string_view names[] = {"arriving", "ringing",      "answered",   "with_assistant",
                                               "queued",   "transferring", "with_agent", "ended"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view to_string(Direction direction) { return direction == Direction::inbound ? "inbound" : "outbound"; }

std::string_view to_string(Speaker speaker) {
  static constexpr std::string_view names[] = {"caller", "assistant", "agent", "supervisor"};
  return names[static_cast<std::size_t>(speaker)];
}

std::string_view to_string(EndCause cause) {
  static constexpr std::string_view names[] = {"caller_hangup", "assistant_hangup", "agent_hangup", "api",
                                               "transferred",   "no_answer",        "busy",         "cancelled",
                                               "idle",          "machine",          "limit",        "drained",
                                               "media_timeout", "rejected",         "failed",       "interrupted"};
  return names[static_cast<std::size_t>(cause)];
}

}  // namespace parley::call
