// What is done to the calls of one route: recorded, denoised, how long they may last.
#pragma once

#include <chrono>
#include <functional>

#include "call/call.hpp"
#include "call/routing.hpp"

namespace parley::call {

struct CallProfile {
  bool record = false;
  bool denoise = false;
  bool detect_speech = false;
  std::chrono::seconds max_duration = std::chrono::hours{2};
  TransferOptions transfer;
};
using ProfileOf = std::function<CallProfile(const RouteTarget&)>;

/// What of a call's options its route decides.
inline CallOptions options_for(const RouteTarget& target, const CallProfile& profile) {
  CallOptions options;
  options.assistant = target.assistant;
  options.record = profile.record;
  options.denoise = profile.denoise;
  options.detect_speech = profile.detect_speech;
  options.max_duration = profile.max_duration;
  options.transfer = profile.transfer;
  return options;
}

}  // namespace parley::call
