// What a server refuses about a request before it looks at what is asked (RFC 3261 §8.2).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/sip/message.hpp"

namespace parley::sip {

struct Rejection {
  int status = 0;
  std::string reason;
  std::vector<HeaderField> headers;  // Allow, Accept, Unsupported …
};

/// What this server understands. A proxy or registrar-in-the-middle sets `forwards`.
struct Supported {
  std::vector<std::string> methods{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS"};
  std::vector<std::string> options;  // option tags for Require
  std::vector<std::string> schemes{"sip", "sips", "tel"};
  std::vector<std::string> bodies{"application/sdp"};  // media types it reads
  bool forwards = false;
};

/// The first thing wrong with a request, in the order of §8.2; nothing when it may go on.
/// An ACK is never rejected: it has no answer.
std::optional<Rejection> check(const Message& request, const Supported& supported);

/// The answer to a request that could not be parsed: 505, 513 or 400 with the defect as its phrase.
/// Nothing when there is nobody to answer.
std::optional<Rejection> check(const ParseFailure& failure);

/// `rejection` as a response to `request`.
Message make_response(const Message& request, const Rejection& rejection, std::string_view to_tag);

/// The same for what could not be read; `failure` has a partial request.
Message make_response(const ParseFailure& failure, const Rejection& rejection, std::string_view to_tag);

}  // namespace parley::sip
