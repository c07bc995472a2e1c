// One entry of a call's transcript.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "speech/media_time.hpp"

namespace parley::call {

enum class Speaker : std::uint8_t { caller, assistant, agent, supervisor };
std::string_view to_string(Speaker speaker);

/// What one side said in one go. Offsets count from the answer.
struct Turn {
  Speaker speaker = Speaker::caller;
  std::string leg_id;  // empty: the assistant
  std::string text;    // all that was said, or was to be said
  speech::MediaTime started{}, ended{};
  bool interrupted = false;               // assistant: cut by the caller
  std::optional<std::string> heard_text;  // assistant: what left in time to be heard
  std::string provider;
  std::map<std::string, std::int64_t> timings_ms;  // stt_final_ms, response_ms …; absent when unknown
};

}  // namespace parley::call
