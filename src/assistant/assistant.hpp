// The AI that a caller talks to.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assistant/conversation.hpp"
#include "assistant/ears.hpp"
#include "assistant/filler.hpp"
#include "assistant/phrases.hpp"
#include "assistant/saying.hpp"
#include "assistant/transcriber.hpp"
#include "assistant/turn_taking.hpp"
#include "assistant/voice.hpp"
#include "call/application.hpp"

namespace parley::assistant {

/// What the assistant says without the model.
struct Phrases {
  std::string still_there = "Are you still there?";
  std::string goodbye = "I can't hear you, so I will hang up now. Goodbye.";
  std::string not_understood = "Sorry, I didn't understand that. Could you say it again?";
  std::string connecting = "One moment, I will connect you.";
  std::string not_connected = "I am sorry, I could not connect you. Can I do anything else for you?";
  std::string apology = "Sorry, I can't answer that right now. Please try again.";
  std::string deaf =
      "Speech recognition is not available. Press 1 for the time, 2 for your list, 0 to talk to a "
      "person, or the hash key to say goodbye.";
  std::vector<std::string> fillers = {"One moment.", "I'm still on it.", "Just a little longer."};
};

struct AssistantConfig {
  std::shared_ptr<speech::Stt> stt;  // any of the three may be null
  std::shared_ptr<speech::Llm> llm;
  std::shared_ptr<speech::Tts> tts;
  std::string greeting = "Hello, how can I help you?";  // may have `{name}`: greeting.hpp
  std::string prompt;
  std::string language = "en";
  std::string voice;
  std::vector<std::string> vocabulary;
  std::vector<std::shared_ptr<tools::Tool>> tools;
  tools::ToolContext tool_context;                // the call's id and executor are filled in
  bool may_end_call = true, may_transfer = true;  // with the tools of those names
  std::vector<std::string> transfer_targets;      // extensions that a model may name
  bool confirm_transfer = false;                  // the caller is asked first
  std::vector<std::string> never_mind = {"never mind", "nevermind", "forget it", "cancel",
                                         "stop",       "go back",   "no thanks", "leave it"};
  int max_tool_rounds = 5;
  MediaTime tool_deadline = 10s;
  TurnParameters turns;
  FillerParameters filler;
  MediaTime greeting_guard = 1s;  // line noise at pick-up does not cut the greeting
  Phrases phrases;
  /// What a key stands for while speech cannot be recognised.
  std::map<char, std::string> menu = {
      {'1', "What time is it?"}, {'2', "What is on my list?"}, {'0', "I want to talk to a human."}, {'#', "Goodbye."}};
};

/// Connects the parts on one call: ears → turn-taking → conversation → voice.
class Assistant final : public call::Application,
                        private call::Participant,
                        private call::Tap,
                        private EarsListener,
                        private ConversationListener,
                        private VoiceListener {
 public:
  Assistant(call::CallControl& call, AssistantConfig config);
  ~Assistant() override;

  call::Participant* participant() override { return this; }
  call::Tap* caller_tap() override { return this; }
  void start() override;
  void tick(MediaTime now) override;
  void on_dtmf(char digit) override;
  bool say(std::string_view text, bool interrupt) override;
  bool input(std::string_view text) override;
  void finish() override;
  void set_standing(call::Standing standing) override;
  bool announce_transfer(const call::TransferRequest& request) override;
  void on_returned(const call::Returned& returned) override;
  std::unique_ptr<call::Brief> make_brief(const call::TransferRequest& request) override;
  call::Tap* agent_joined(const std::string& leg_id) override;
  void agent_left(const std::string& leg_id) override;

  const Conversation& conversation() const { return conversation_; }

 private:
  bool read(audio::Frame& frame) override { return voice_.read(frame); }
  void write(const audio::Frame*) override {}  // it hears the caller by the tap, before mixing
  bool is_pullable() const override { return true; }
  void hear(const call::SourceFrame& frame) override;

  void on_transcript(const speech::Transcript& transcript) override;
  void on_ears_failed(std::string_view reason, bool hears) override;
  void on_first_token() override;
  void on_sentence(std::string text, std::uint64_t tag) override;
  void on_reply_complete(bool said) override;
  void on_llm_failed(std::string_view reason) override;
  void on_tool_started(std::string_view name) override;
  void on_tool_finished(std::string_view name, bool ok, MediaTime duration) override;
  void on_sentence_failed(std::string_view reason) override;
  void on_voice_lost(std::string_view reason) override;

  /// Acts on what turn-taking decided.
  void pump();
  void act(const TurnTaking::BeginUtterance& output);
  void act(const TurnTaking::EndUtterance& output);
  void act(const TurnTaking::ResumeUtterance& output);
  void act(const TurnTaking::CallerStarted& output);
  void act(const TurnTaking::CallerStopped& output);
  void act(const TurnTaking::Pause& output);
  void act(const TurnTaking::Resume& output);
  void act(const TurnTaking::CommitBargeIn& output);
  void act(const TurnTaking::CommitTurn& output);
  void act(const TurnTaking::Acknowledged& output);
  void act(const TurnTaking::SpeechNotUnderstood& output);
  void act(const TurnTaking::IdlePrompt& output);
  void act(const TurnTaking::IdleGoodbye& output);
  void act(const TurnTaking::DeadSilence& output);

  Saying& begin_saying(Saying::Kind kind);
  void say_prompt(Saying::Kind kind, std::string_view text);
  void announce(std::string text, Saying::Kind kind);
  void follow_saying();
  void end_saying(std::span<const Heard> heard, bool interrupted);
  void cut_saying();
  void start_announcement();
  void fill_silence();
  void record_caller();
  AssistantState state();

  // Transfers (assistant_transfer.cpp)
  bool talks() const { return standing_ == call::Standing::talking; }
  /// Whether the caller's turn is for somebody else, or ends the transfer.
  bool overheard(const TurnTaking::CommitTurn& turn);
  void finish_announcing();
  void follow_announcing();
  void tell_returned();

  call::CallControl& call_;
  const AssistantConfig config_;
  std::optional<call::EndCause> hang_up_;  // when what is being said was heard
  Ears ears_;
  TurnTaking turns_;
  Voice voice_;
  Conversation conversation_;
  Filler filler_;

  MediaTime now_{};
  std::optional<Saying> saying_;
  std::deque<std::string> announcements_;  // to be said when it is quiet; bounded
  std::optional<call::Turn> caller_turn_;  // not recorded yet: the caller may go on

  call::Standing standing_ = call::Standing::talking;
  const PhraseSet never_mind_;
  std::size_t caller_turns_ = 0;
  bool announcing_ = false;  // a transfer waits for the end of what is being said
  MediaTime announcing_since_{};
  bool telling_ = false;                                        // the reply under way says what became of a transfer
  std::optional<call::Returned> returned_;                      // to be told when it is quiet
  std::map<std::string, std::unique_ptr<Transcriber>> agents_;  // by leg
};

}  // namespace parley::assistant
