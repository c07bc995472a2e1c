// The conversation itself, without sound: messages, the model, its tools.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assistant/heard.hpp"
#include "assistant/tool_runner.hpp"
#include "speech/llm.hpp"
#include "speech/media_time.hpp"
#include "speech/sentence_splitter.hpp"

namespace parley::assistant {

using speech::MediaTime;

/// What becomes of a conversation's words: a voice, or a text channel.
class ConversationListener : public ToolListener {
 public:
  virtual void on_first_token() = 0;
  /// The next piece of the reply; `tag` names the message it belongs to, for interrupt().
  virtual void on_sentence(std::string text, std::uint64_t tag) = 0;
  /// The reply has no more text. `said` is false when it had none at all.
  virtual void on_reply_complete(bool said) = 0;
  /// The model cannot answer; the reply is complete with that.
  virtual void on_llm_failed(std::string_view reason) = 0;
};

struct ConversationConfig {
  std::string prompt;
  std::string language = "en";
  int max_tool_rounds = 5;  // then the model must answer without tools
  MediaTime tool_deadline = std::chrono::seconds{10};
  MediaTime llm_stall = std::chrono::seconds{15};  // without a token
};

/// Used by a call's assistant and by text channels. Everything happens on one worker.
///
/// The history always is what the model may know: an interrupted reply holds only what was heard,
/// a running tool has a result that says so, a finished one keeps its result whatever happened to
/// the reply that asked for it.
class Conversation final : private speech::LlmSink, private ToolRunner::Owner {
 public:
  Conversation(ConversationConfig config, std::shared_ptr<speech::Llm> llm, ToolSet tools,
               std::shared_ptr<speech::Executor> executor, ConversationListener& listener);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// The user's turn. A reply still under way must have been interrupted before.
  void user(std::string text);
  /// The user went on before a word of the reply was heard: the reply never was, `text` takes the
  /// place of the user's last message.
  void user_continued(std::string text);
  /// Something said without the model, such as a greeting; it comes back as sentences.
  void assistant_says(std::string text);
  /// Something happened that a tool began long ago: the model learns it as that tool's result, and says it.
  void report(std::string tool, std::string arguments, std::string result);
  /// Cancels the reply and keeps of it what was heard.
  void interrupt(std::span<const Heard> heard);
  void tick(MediaTime now);

  bool answers() const { return llm_ != nullptr; }
  bool thinking() const { return generation_ != nullptr || tools_.awaited(); }
  bool tool_running() const { return tools_.running(); }
  const std::vector<speech::Message>& messages() const { return messages_; }

 private:
  /// An assistant message of which sentences are on their way.
  struct Spoken {
    std::uint64_t tag = 0;
    std::size_t message = 0;  // index
    std::size_t sentences = 0;
    bool complete = false;  // all its text was generated
  };

  void on_text(std::string_view delta) override;
  void on_tool_call(speech::ToolCall call) override;
  void on_done() override;
  void on_llm_failed(std::string_view reason) override;

  void on_tool_started(std::string_view name) override;
  void on_tool_finished(std::string_view name, bool ok, MediaTime duration) override;
  void on_results() override { store_results(); }

  void ask();
  void say_ready();
  void end_generation();
  void run_tools();
  void store_results();
  void keep_heard(const Spoken& spoken, std::span<const Heard> heard);
  void remove_message(std::size_t index);
  void trim();

  const ConversationConfig config_;
  const std::shared_ptr<speech::Llm> llm_;
  const std::shared_ptr<speech::Executor> executor_;
  ConversationListener& listener_;
  ToolRunner tools_;

  std::vector<speech::Message> messages_;
  std::optional<std::size_t> user_;  // index of the user's last message
  std::vector<Spoken> spoken_;       // of the reply under way
  std::uint64_t next_tag_ = 1;
  std::uint64_t next_call_ = 1;

  speech::SentenceSplitter splitter_;
  std::string text_;  // of the generation under way
  std::vector<speech::ToolCall> calls_;
  int rounds_ = 0;
  bool said_ = false;
  bool first_token_ = false;
  MediaTime now_{}, last_token_{};
  std::unique_ptr<speech::LlmGeneration> finished_;  // freed later: we may be inside its report
  std::unique_ptr<speech::LlmGeneration> generation_;
};

}  // namespace parley::assistant
