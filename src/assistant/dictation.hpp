// Extension 9198: writes down what the caller says, and says nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "assistant/turn_parameters.hpp"
#include "call/application.hpp"
#include "speech/stt.hpp"

namespace parley::assistant {

struct DictationConfig {
  std::shared_ptr<speech::Stt> stt;
  std::string language = "en";
  std::vector<std::string> vocabulary;
  DetectionParameters detection;
};

/// Every utterance becomes a turn as soon as its final comes.
std::unique_ptr<call::Application> make_dictation(call::CallControl& call, DictationConfig config);

}  // namespace parley::assistant
