// What an operator can set about who speaks when. Names, defaults and reasons: docs, turn-taking.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "speech/media_time.hpp"

namespace parley::assistant {

using speech::MediaTime;
using namespace std::chrono_literals;

/// When the caller counts as speaking.
struct DetectionParameters {
  MediaTime speech_event = 50ms;  // starts timers only
  MediaTime turn_start = 200ms;   // shorter reacts to coughs, longer feels deaf
  MediaTime stop_silence = 200ms;
  MediaTime pre_roll = 500ms;  // first syllables precede detection
  MediaTime audio_gone = 1s;   // a muted microphone must not leave a turn open
  int level_gate_dbov = -127;  // quieter frames are never speech; -127 is off
};

/// When what the caller said counts as said.
struct EndOfTurnParameters {
  MediaTime delay = 600ms;           // of plain silence, from the acoustic end
  MediaTime stt_final_wait = 1s;     // the recogniser's measured p99, from the acoustic end
  MediaTime hard_stop = 5s;          // after the last activity
  MediaTime understood_within = 5s;  // of speech that ought to have words, else the caller is asked again
  MediaTime ought_to_have_words = 700ms;
  MediaTime utterance_limit = 30s;  // longer ones are cut, so that no recogniser's memory grows
};

struct DtmfParameters {
  MediaTime idle = 2s;       // ends the input, as `#` does
  MediaTime per_digit = 4s;  // instead, when a fixed count is expected
  std::size_t count = 0;     // that fixed count; 0: unknown
};

/// When a caller who speaks over the assistant takes the turn.
struct BargeInParameters {
  MediaTime pause_after = 300ms;    // harmless, because speech can resume
  MediaTime commit_after = 500ms;   // together with a word
  std::size_t words_to_commit = 1;  // 2 on noisy telephone lines; 0: the duration alone
  MediaTime boundary = 1s;          // near the start and end of speech "ok" is an answer
  MediaTime false_alarm = 1s;       // of caller silence, then the assistant goes on
  MediaTime wordless_limit = 5s;    // a pause does not outlast this much noise without a word
  MediaTime leading_silence_grace = 250ms;
  std::vector<std::string> stop_words = {"stop",    "wait",   "no",         "hold on",      "excuse me",
                                         "hang on", "pardon", "one moment", "just a moment"};
  std::vector<std::string> acknowledgements = {
      "yeah",  "yes",    "yep",   "mhm",  "mm hmm",  "mm",        "hmm", "uh huh", "ok", "okay", "right", "sure",
      "i see", "got it", "great", "good", "alright", "all right", "aha", "ah",     "oh", "uh",   "um"};
};

/// What silence on both sides leads to.
struct IdleParameters {
  MediaTime prompt_after = 15s;
  int prompts = 2;  // then the goodbye
  MediaTime dead_silence = 300s;
};

struct TurnParameters {
  DetectionParameters detection;
  EndOfTurnParameters end_of_turn;
  DtmfParameters dtmf;
  BargeInParameters barge_in;
  IdleParameters idle;
};

}  // namespace parley::assistant
