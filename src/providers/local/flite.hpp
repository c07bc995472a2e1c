// On-device speech synthesis by flite with the voice `slt`: small, fast, always there.
#pragma once

#include <memory>

#include "providers/local/voice.hpp"

namespace parley::providers::local {

/// About 0.025 s of one core per second of speech. flite counts references to shared values without
/// atomics, so all synthesis of the program takes turns.
std::shared_ptr<Voice> flite_voice();

}  // namespace parley::providers::local
