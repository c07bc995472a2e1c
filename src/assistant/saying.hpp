// One thing that the assistant says, from the decision to its last heard sample.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "assistant/heard.hpp"
#include "assistant/voice.hpp"
#include "call/turn.hpp"

namespace parley::assistant {

struct Saying {
  enum class Kind : std::uint8_t {
    greeting,
    reply,         // of the model
    announcement,  // asked for by the API
    prompt,        // about the conversation itself; the model does not know of it
    goodbye,       // a prompt after which the call ends
  };

  Kind kind = Kind::reply;
  MediaTime begun{};
  std::string text;       // so far
  bool complete = false;  // no more text follows
  bool audible = false;
  std::optional<MediaTime> first_token, first_text;
  // Of the caller's turn that it answers:
  std::optional<MediaTime> t_end, stt_final;
  MediaTime due{};  // the latest of the waits that were set

  void add(std::string_view sentence);
};

/// The words of all that was heard, in order.
std::string text_of(std::span<const Heard> heard);

/// Its entry in the transcript, with every timing that can be computed.
call::Turn turn_of(const Saying& saying, std::span<const Heard> heard, const Voice::Times& times, bool interrupted,
                   MediaTime now);

}  // namespace parley::assistant
