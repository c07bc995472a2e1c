#include "assistant/summary.hpp"

#include <algorithm>
#include <array>

#include "assistant/phrases.hpp"
#include "assistant/voice.hpp"

namespace parley::assistant {

namespace {

constexpr std::size_t longest_request = 240;

/// Asks for a person and says nothing of why.
bool says_nothing(const std::string& text) {
  static constexpr std::array phrases{"human", "person", "agent", "operator", "connect", "transfer", "someone"};
  const auto words = words_of(text);
  return words.size() <= 8 && std::ranges::any_of(words, [](const std::string& word) {
           return std::ranges::find(phrases, word) != phrases.end();
         });
}

/// The caller's latest words that say more than that they want a person.
std::string last_request(const Conversation& conversation) {
  const auto& messages = conversation.messages();
  for (auto message = messages.rbegin(); message != messages.rend(); ++message)
    if (message->role == speech::Message::Role::user && !message->text.empty() && !says_nothing(message->text))
      return message->text.substr(0, longest_request);
  return {};
}

class PlainSummary final : public ConversationSummary {
 public:
  std::string in_words(const call::CallControl& call, const Conversation& conversation,
                       const std::string& reason) const override {
    const auto& name = call.identity().known() ? call.identity().user_name : std::string{};
    std::string text = name.empty() ? "A caller wants to talk to you." : name + " wants to talk to you.";
    auto about = reason.empty() || says_nothing(reason) ? last_request(conversation) : reason;
    if (!about.empty()) text += " They said: " + about;
    if (text.back() != '.' && text.back() != '?' && text.back() != '!') text += '.';
    return text;
  }
};

class SpokenBrief final : public call::Brief, private call::Participant, private VoiceListener {
 public:
  SpokenBrief(call::CallControl& call, std::shared_ptr<speech::Tts> tts, speech::TtsOptions options,
              std::string summary)
      : text_{std::move(summary) + " Press 1 to accept, 2 to decline."},
        voice_{std::move(tts), std::move(options), call.executor(), call.heard_delay(), *this} {
    voice_.tick(call.now());
    voice_.say(text_, 1);
  }

  call::Participant& participant() override { return *this; }
  const std::string& text() const override { return text_; }
  void tick(MediaTime now) override { voice_.tick(now); }
  bool finished() override { return !voice_.speaks() || voice_.idle(); }

 private:
  bool read(audio::Frame& frame) override { return voice_.read(frame); }
  void write(const audio::Frame*) override {}
  bool is_pullable() const override { return true; }
  void on_sentence_failed(std::string_view) override {}  // the agent is then asked by silence, and joined in time
  void on_voice_lost(std::string_view) override {}

  const std::string text_;
  Voice voice_;
};

}  // namespace

std::unique_ptr<ConversationSummary> make_plain_summary() { return std::make_unique<PlainSummary>(); }

std::unique_ptr<call::Brief> make_spoken_brief(call::CallControl& call, std::shared_ptr<speech::Tts> tts,
                                               speech::TtsOptions options, std::string summary) {
  return std::make_unique<SpokenBrief>(call, std::move(tts), std::move(options), std::move(summary));
}

}  // namespace parley::assistant
