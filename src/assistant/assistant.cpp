#include "assistant/assistant.hpp"

#include <algorithm>
#include <limits>

#include "assistant/call_tools.hpp"
#include "assistant/events.hpp"
#include "assistant/greeting.hpp"

namespace parley::assistant {

namespace {

constexpr std::uint64_t prompt_tag = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t max_announcements = 16;

TurnParameters turn_parameters(const AssistantConfig& config, const Ears& ears) {
  auto parameters = config.turns;
  if (!ears.hears()) parameters.dtmf.count = 1;  // keys choose from a menu
  return parameters;
}

ToolSet tool_set(call::CallControl& call, const AssistantConfig& config, std::optional<call::EndCause>& hang_up,
                 const std::size_t& caller_turns) {
  auto tools = config.tools;
  if (config.may_end_call) tools.push_back(make_end_call([&hang_up] { hang_up = call::EndCause::assistant_hangup; }));
  if (config.may_transfer)
    tools.push_back(make_transfer(call, {.allowed = config.transfer_targets,
                                         .confirm = config.confirm_transfer,
                                         .turns = [&caller_turns] { return caller_turns; }}));
  ToolSet set{.tools = tools::Toolbox{std::move(tools)}, .context = config.tool_context};
  set.context.call_id = call.id();
  set.context.executor = call.executor();
  return set;
}

}  // namespace

Assistant::Assistant(call::CallControl& call, AssistantConfig config)
    : call_{call},
      config_{std::move(config)},
      ears_{config_.stt,
            {.rate = call.rate(), .language = config_.language, .vocabulary = config_.vocabulary},
            call.executor(),
            *this},
      turns_{turn_parameters(config_, ears_)},
      voice_{config_.tts,
             {.rate = call.rate(), .language = config_.language, .voice = config_.voice},
             call.executor(),
             call.heard_delay(),
             *this},
      conversation_{{.prompt = prompt_for(config_.prompt, call.identity()),
                     .language = config_.language,
                     .max_tool_rounds = config_.max_tool_rounds,
                     .tool_deadline = config_.tool_deadline},
                    config_.llm,
                    tool_set(call, config_, hang_up_, caller_turns_),
                    call.executor(),
                    *this},
      filler_{config_.filler},
      never_mind_{config_.never_mind} {}

Assistant::~Assistant() = default;

void Assistant::start() {
  now_ = call_.now();
  voice_.tick(now_);
  conversation_.tick(now_);
  if (config_.tts && !voice_.speaks()) on_voice_lost("cannot be opened");
  if (config_.stt && !ears_.hears())
    call_.emit("provider.failed", provider_failed_event("stt", ears_.provider(), "cannot be opened"));
  auto greeting = greeting_for(config_.greeting, call_.identity());
  if (!ears_.hears()) greeting += (greeting.empty() ? "" : " ") + config_.phrases.deaf;
  if (!greeting.empty()) announce(std::move(greeting), Saying::Kind::greeting);
}

void Assistant::hear(const call::SourceFrame& frame) {
  // A frame that arrives in this tick was spoken before it. Response times count from there.
  const auto at = std::min(frame.at, call_.now() - audio::frame_duration);
  if (standing_ == call::Standing::held) {  // nobody hears the caller: what was begun comes to its end
    turns_.frame(false, -127, at);
    return pump();
  }
  ears_.hear(frame.original, at);
  turns_.frame(frame.speech, frame.level_dbov, at);
  pump();
}

void Assistant::tick(MediaTime now) {
  now_ = now;
  ears_.tick();
  voice_.tick(now);
  conversation_.tick(now);
  follow_saying();
  for (auto& [leg, agent] : agents_) agent->tick(now);
  tell_returned();
  start_announcement();
  follow_announcing();
  fill_silence();
  turns_.assistant(state());
  turns_.advance(now);
  pump();
}

void Assistant::on_dtmf(char digit) {
  turns_.dtmf(digit, call_.now());
  pump();
}

bool Assistant::say(std::string_view text, bool interrupt) {
  if (!talks() || !voice_.speaks() || text.empty() || announcements_.size() >= max_announcements) return false;
  if (interrupt && saying_) cut_saying();
  if (!interrupt) {
    announcements_.emplace_back(text);
    return true;
  }
  announcements_.emplace_front(text);
  start_announcement();
  return true;
}

bool Assistant::input(std::string_view text) {
  if (!conversation_.answers() || text.empty() || standing_ == call::Standing::listening) return false;
  turns_.input(text, call_.now());
  pump();
  return true;
}

void Assistant::finish() {
  for (auto& [leg, agent] : agents_) agent->finish();
  auto unfinished = turns_.unfinished(call_.now());
  hang_up_.reset();
  if (saying_) cut_saying();
  record_caller();
  if (!unfinished) return;
  caller_turn_ = call::Turn{.speaker = call::Speaker::caller,
                            .leg_id = call_.caller_leg_id(),
                            .text = std::move(unfinished->text),
                            .started = unfinished->started,
                            .ended = unfinished->t_end};
  record_caller();
}

AssistantState Assistant::state() {
  AssistantState state{.working = conversation_.tool_running() || !talks()};
  if (!saying_) return state;
  state.replying = true;
  state.first_audible = voice_.times().first_audible;
  if (saying_->complete) state.remaining = voice_.remaining();
  if (saying_->kind == Saying::Kind::greeting)
    state.interruptible = state.first_audible && now_ >= *state.first_audible + config_.greeting_guard;
  return state;
}

Saying& Assistant::begin_saying(Saying::Kind kind) {
  voice_.begin_measuring();
  filler_.reset();
  return saying_.emplace(Saying{.kind = kind, .begun = now_});
}

void Assistant::announce(std::string text, Saying::Kind kind) {
  begin_saying(kind);
  conversation_.assistant_says(std::move(text));
  saying_->complete = true;
}

void Assistant::say_prompt(Saying::Kind kind, std::string_view text) {
  auto& saying = begin_saying(kind);
  saying.add(text);
  saying.complete = true;
  voice_.say(text, prompt_tag);
}

void Assistant::start_announcement() {
  if (saying_ || announcements_.empty() || turns_.turn_open()) return;
  auto text = std::move(announcements_.front());
  announcements_.pop_front();
  announce(std::move(text), Saying::Kind::announcement);
}

void Assistant::follow_saying() {
  if (!saying_) return;
  if (!saying_->audible && voice_.times().first_audible) {
    saying_->audible = true;
    record_caller();  // heard something of the answer: the caller's turn stands
    call_.emit("assistant.speech_started", "{}");
  }
  if (saying_->complete && voice_.idle()) end_saying(voice_.take_heard(), false);
}

void Assistant::end_saying(std::span<const Heard> heard, bool interrupted) {
  record_caller();
  auto turn = turn_of(*saying_, heard, voice_.times(), interrupted, now_);
  const bool model = saying_->kind == Saying::Kind::reply && config_.llm;
  turn.provider = model ? config_.llm->name() : voice_.provider();
  if (saying_->audible) call_.emit("assistant.speech_stopped", speech_stopped_event(*turn.heard_text, interrupted));
  if (!turn.text.empty()) call_.record_turn(std::move(turn));
  saying_.reset();
  if (hang_up_ && !interrupted) call_.hang_up(*hang_up_);
  finish_announcing();
}

/// What was played is credited before anything else happens: the model must not be told that it
/// said what nobody heard.
void Assistant::cut_saying() {
  const auto heard = voice_.cancel();
  conversation_.interrupt(heard);
  hang_up_.reset();
  end_saying(heard, true);
  turns_.assistant({.working = conversation_.tool_running() || !talks()});
}

void Assistant::fill_silence() {
  const bool quiet = saying_ && saying_->kind == Saying::Kind::reply && !saying_->complete && voice_.idle() &&
                     !turns_.paused() && !turns_.caller_speaking();
  if (!filler_.advance(quiet, now_) || config_.phrases.fillers.empty()) return;
  const auto index = static_cast<std::size_t>(filler_.said() - 1);
  voice_.say(config_.phrases.fillers[index % config_.phrases.fillers.size()], 0);
}

void Assistant::record_caller() {
  if (!caller_turn_) return;
  call_.record_turn(std::move(*caller_turn_));
  caller_turn_.reset();
}

void Assistant::on_first_token() {
  if (saying_ && !saying_->first_token) saying_->first_token = call_.now();
}

void Assistant::on_sentence(std::string text, std::uint64_t tag) {
  if (!saying_) return;
  if (!saying_->first_text) saying_->first_text = call_.now();
  saying_->add(text);
  voice_.say(text, tag);
}

void Assistant::on_reply_complete(bool said) {
  if (!saying_) return;
  saying_->complete = true;
  const bool telling = std::exchange(telling_, false);
  if (said || hang_up_) return;
  // Silence is never the answer.
  const auto& phrase = announcing_ ? config_.phrases.connecting
                       : telling   ? config_.phrases.not_connected
                                   : config_.phrases.apology;
  saying_->add(phrase);
  voice_.say(phrase, prompt_tag);
}

void Assistant::on_llm_failed(std::string_view reason) {
  const auto provider = config_.llm ? config_.llm->name() : std::string_view{"none"};
  call_.emit("provider.failed", provider_failed_event("llm", provider, reason));
  on_reply_complete(false);
}

void Assistant::on_tool_started(std::string_view name) { call_.emit("tool.started", tool_started_event(name)); }

void Assistant::on_tool_finished(std::string_view name, bool ok, MediaTime duration) {
  call_.emit("tool.finished", tool_finished_event(name, ok, duration));
}

void Assistant::on_sentence_failed(std::string_view reason) {
  call_.emit("provider.failed", provider_failed_event("tts", voice_.provider(), reason));
}

void Assistant::on_voice_lost(std::string_view reason) {
  call_.emit("provider.failed", provider_failed_event("tts", voice_.provider(), reason));
}

}  // namespace parley::assistant
