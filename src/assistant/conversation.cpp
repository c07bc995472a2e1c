#include "assistant/conversation.hpp"

#include <algorithm>
#include <utility>

namespace parley::assistant {

namespace {

constexpr std::size_t max_reply = 16'384;  // characters of one generation
constexpr std::size_t max_calls = 16;      // in one answer
constexpr std::size_t max_messages = 400;
constexpr std::string_view pending_result = R"({"status":"still running"})";

}  // namespace

Conversation::Conversation(ConversationConfig config, std::shared_ptr<speech::Llm> llm, ToolSet tools,
                           std::shared_ptr<speech::Executor> executor, ConversationListener& listener)
    : config_{std::move(config)},
      llm_{std::move(llm)},
      executor_{executor},
      listener_{listener},
      tools_{std::move(tools), config_.tool_deadline, *this} {}

void Conversation::user(std::string text) {
  trim();
  spoken_.clear();
  user_ = messages_.size();
  messages_.push_back({.role = speech::Message::Role::user, .text = std::move(text)});
  rounds_ = 0;
  said_ = false;
  ask();
}

void Conversation::user_continued(std::string text) {
  interrupt({});
  if (!user_) return user(std::move(text));
  messages_[*user_].text = std::move(text);
  rounds_ = 0;
  said_ = false;
  ask();
}

void Conversation::assistant_says(std::string text) {
  trim();
  spoken_.clear();
  Spoken spoken{.tag = next_tag_++, .message = messages_.size(), .sentences = 0, .complete = true};
  std::vector<std::string> sentences;
  speech::SentenceSplitter splitter;
  splitter.feed(text);
  splitter.finish();
  while (auto sentence = splitter.poll()) sentences.push_back(std::move(*sentence));
  spoken.sentences = sentences.size();
  messages_.push_back({.role = speech::Message::Role::assistant, .text = std::move(text)});
  spoken_.push_back(spoken);
  for (auto& sentence : sentences) listener_.on_sentence(std::move(sentence), spoken.tag);
}

void Conversation::report(std::string tool, std::string arguments, std::string result) {
  trim();
  spoken_.clear();
  const auto id = tool + ".report-" + std::to_string(next_call_++);
  speech::ToolCall made{.id = id, .name = std::move(tool), .arguments = std::move(arguments)};
  messages_.push_back({.role = speech::Message::Role::assistant, .text = {}, .tool_calls = {std::move(made)}});
  messages_.push_back(
      {.role = speech::Message::Role::tool, .text = std::move(result), .tool_calls = {}, .tool_call_id = id});
  rounds_ = 0;
  said_ = false;
  ask();
}

void Conversation::interrupt(std::span<const Heard> heard) {
  if (generation_) {
    generation_.reset();
    if (!spoken_.empty() && !spoken_.back().complete) spoken_.back().message = messages_.size();
    if (!text_.empty()) {
      if (spoken_.empty() || spoken_.back().complete)
        spoken_.push_back({.tag = next_tag_++, .message = messages_.size()});
      messages_.push_back({.role = speech::Message::Role::assistant, .text = std::move(text_)});
    }
  }
  text_.clear();
  calls_.clear();
  splitter_ = {};
  tools_.abandon_round();
  const auto spoken = std::exchange(spoken_, {});
  for (auto message = spoken.rbegin(); message != spoken.rend(); ++message) keep_heard(*message, heard);
}

void Conversation::tick(MediaTime now) {
  now_ = now;
  finished_.reset();
  tools_.tick(now);
  if (generation_ && now - last_token_ >= config_.llm_stall) {
    generation_.reset();
    on_llm_failed("no token in time");
  }
}

void Conversation::ask() {
  text_.clear();
  calls_.clear();
  splitter_ = {};
  first_token_ = false;
  last_token_ = now_;
  if (!llm_) return on_llm_failed("no model");
  speech::LlmRequest request{
      .prompt = config_.prompt, .messages = messages_, .tools = {}, .language = config_.language};
  if (rounds_ < config_.max_tool_rounds) request.tools = tools_.descriptions();
  generation_ = llm_->generate(std::move(request), *this, executor_);
  if (!generation_) on_llm_failed("the model takes no request");
}

void Conversation::on_text(std::string_view delta) {
  if (delta.empty() || text_.size() + delta.size() > max_reply) return;
  last_token_ = now_;
  if (!std::exchange(first_token_, true)) listener_.on_first_token();
  text_ += delta;
  splitter_.feed(delta);
  say_ready();
}

void Conversation::on_tool_call(speech::ToolCall call) {
  last_token_ = now_;
  if (!std::exchange(first_token_, true)) listener_.on_first_token();
  if (calls_.size() == max_calls) return;
  // Some models number the calls of each answer anew; in a history the ids must differ.
  call.id += '-' + std::to_string(next_call_++);
  calls_.push_back(std::move(call));
}

void Conversation::on_done() {
  splitter_.finish();
  say_ready();
  end_generation();
  if (!calls_.empty()) return run_tools();
  listener_.on_reply_complete(said_);
}

void Conversation::on_llm_failed(std::string_view reason) {
  end_generation();
  calls_.clear();
  listener_.on_llm_failed(reason);
}

void Conversation::say_ready() {
  while (auto sentence = splitter_.poll()) {
    if (spoken_.empty() || spoken_.back().complete)
      spoken_.push_back({.tag = next_tag_++, .message = messages_.size()});
    ++spoken_.back().sentences;
    said_ = true;
    listener_.on_sentence(std::move(*sentence), spoken_.back().tag);
  }
}

/// Stores what was generated. The message is complete; whether it was heard shows later.
void Conversation::end_generation() {
  finished_ = std::move(generation_);
  splitter_ = {};
  if (!spoken_.empty() && !spoken_.back().complete) {
    spoken_.back().complete = true;
    spoken_.back().message = messages_.size();
  }
  if (text_.empty() && calls_.empty()) return;
  messages_.push_back(
      {.role = speech::Message::Role::assistant, .text = std::exchange(text_, {}), .tool_calls = calls_});
}

void Conversation::run_tools() {
  ++rounds_;
  for (const auto& call : calls_)
    messages_.push_back({.role = speech::Message::Role::tool,
                         .text = std::string{pending_result},
                         .tool_calls = {},
                         .tool_call_id = call.id});
  tools_.run_round(std::exchange(calls_, {}), now_);
  store_results();
}

void Conversation::store_results() {
  while (auto result = tools_.poll()) {
    const auto message =
        std::ranges::find(messages_.rbegin(), messages_.rend(), result->call_id, &speech::Message::tool_call_id);
    if (message != messages_.rend()) message->text = std::move(result->json);
  }
  if (tools_.take_round_finished()) ask();
}

void Conversation::on_tool_started(std::string_view name) { listener_.on_tool_started(name); }

void Conversation::on_tool_finished(std::string_view name, bool ok, MediaTime duration) {
  listener_.on_tool_finished(name, ok, duration);
}

void Conversation::keep_heard(const Spoken& spoken, std::span<const Heard> heard) {
  if (spoken.message >= messages_.size()) return;
  std::string text;
  std::size_t whole = 0;
  for (const auto& sentence : heard) {
    if (sentence.tag != spoken.tag) continue;
    whole += sentence.whole ? 1 : 0;
    if (!text.empty()) text += ' ';
    text += sentence.text;
  }
  if (spoken.complete && whole >= spoken.sentences) return;  // the model's own words stay
  auto& message = messages_[spoken.message];
  message.text = std::move(text);
  message.interrupted = true;
  if (message.text.empty() && message.tool_calls.empty()) remove_message(spoken.message);
}

void Conversation::remove_message(std::size_t index) {
  messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(index));
  if (user_ && *user_ > index) --*user_;
}

/// Forgets the oldest turns, always whole ones: a tool's result never stays without its call.
void Conversation::trim() {
  if (messages_.size() < max_messages) return;
  const auto is_user = [](const speech::Message& m) { return m.role == speech::Message::Role::user; };
  const auto half = messages_.begin() + static_cast<std::ptrdiff_t>(messages_.size() / 2);
  messages_.erase(messages_.begin(), std::find_if(half, messages_.end(), is_user));
  user_.reset();
}

}  // namespace parley::assistant
