// What an agent is told before a caller is theirs.
#pragma once

#include <memory>
#include <string>

#include "assistant/conversation.hpp"
#include "call/application.hpp"
#include "speech/tts.hpp"

namespace parley::assistant {

/// Made anew for each transfer; a model may stand behind one.
class ConversationSummary {
 public:
  virtual ~ConversationSummary() = default;
  /// One or two sentences: who, and what about.
  virtual std::string in_words(const call::CallControl& call, const Conversation& conversation,
                               const std::string& reason) const = 0;
};

/// From what is known without a model: the name, the reason, else the last request.
std::unique_ptr<ConversationSummary> make_plain_summary();

/// Speaks the summary, and which keys to press.
std::unique_ptr<call::Brief> make_spoken_brief(call::CallControl& call, std::shared_ptr<speech::Tts> tts,
                                               speech::TtsOptions options, std::string summary);

}  // namespace parley::assistant
