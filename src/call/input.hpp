// What is done to what a party says.
#pragma once

#include <memory>

#include "audio/input_chain.hpp"
#include "call/call.hpp"

namespace parley::call {

/// Null when nothing is asked for.
inline std::unique_ptr<audio::InputChain> make_input(const CallOptions& options) {
  if (!options.denoise && !options.detect_speech) return nullptr;
  audio::InputChain::Config config;
  config.rate = options.rate;
  config.noise_suppression = options.denoise ? audio::NoiseSuppression::moderate : audio::NoiseSuppression::off;
  config.voice_detection = options.detect_speech;
  return std::make_unique<audio::InputChain>(config);
}

}  // namespace parley::call
