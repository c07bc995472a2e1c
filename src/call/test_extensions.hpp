// The test extensions that every PBX has: echo, tone and listener (DESIGN §8). Dictation needs a
// recogniser and is in assistant/.
#pragma once

#include <memory>

#include "audio/frame.hpp"
#include "call/application.hpp"

namespace parley::call {

/// 9196: says back what it hears, 20 ms later.
std::unique_ptr<Application> make_echo(audio::Rate rate);
/// 9197: 1004 Hz, the milliwatt test's frequency.
std::unique_ptr<Application> make_tone(audio::Rate rate);
/// 9199: hears, detects speech (as events), says nothing.
std::unique_ptr<Application> make_listener(CallControl& call);

}  // namespace parley::call
