// Who hears whom: hold, music and whispering as rows of the bridge's matrix.
#pragma once

#include <cstdint>

namespace parley::call {

/// What is going on in a call, as far as it decides that.
struct Hearing {
  bool waiting = false;      // the caller waits for an agent, with music
  bool held = false;         // somebody has put the caller on hold
  bool caller_away = false;  // the caller's own telephone has put us on hold
  bool assistant = true;     // has the conversation
};

/// One participant's part in it.
enum class Part : std::uint8_t {
  caller,
  assistant,
  agent,        // in the conversation
  agent_apart,  // answered, not joined (yet): hears the brief only
  player,       // the API's `play`
  music,
  brief,
};

/// 0 or 1.
float gain(const Hearing& hearing, Part source, Part sink);
/// Whether anybody hears the music.
bool needs_music(const Hearing& hearing);

}  // namespace parley::call
