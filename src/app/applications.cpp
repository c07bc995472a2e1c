#include "app/applications.hpp"

#include <algorithm>

#include "assistant/dictation.hpp"
#include "assistant/greeting.hpp"
#include "base/assert.hpp"
#include "call/direct_call.hpp"
#include "call/test_extensions.hpp"
#include "providers/local/flite.hpp"
#include "providers/local/moonshine.hpp"
#include "providers/local/rules.hpp"
#include "providers/local/sentence_tts.hpp"
#include "tools/local.hpp"

namespace parley::app {
namespace {

call::TransferOptions transfer_options(const TransferConfig& config) {
  call::TransferOptions options;
  options.to = config.to;
  options.mode = config.mode == "warm" ? call::TransferMode::warm : call::TransferMode::blind;
  options.one_by_one = config.order == "one_by_one";
  options.ring_timeout = config.timeout;
  options.accept_after = config.accept_after;
  options.key = config.key.empty() ? '\0' : config.key.front();
  options.back_after_hang_up = config.after_hang_up == "assistant";
  options.transcribe = config.transcribe;
  return options;
}

}  // namespace

LocalProviders::LocalProviders(speech::JobQueue& pool)
    : moonshine_{std::make_shared<providers::local::Moonshine>(providers::local::MoonshineConfig{}, pool)},
      flite_{std::make_shared<providers::local::SentenceTts>(providers::local::SentenceTtsConfig{},
                                                             providers::local::flite_voice(), pool)} {}

LocalProviders::~LocalProviders() = default;

std::shared_ptr<speech::Stt> LocalProviders::stt() const { return moonshine_; }
std::shared_ptr<speech::Tts> LocalProviders::tts() const { return flite_; }
const std::string& LocalProviders::missing() const { return moonshine_->missing(); }

void LocalProviders::warm_up(const Config& config) {
  std::vector<std::string> phrases;
  for (const auto& [name, assistant] : config.assistants)
    phrases.push_back(assistant::greeting_for(assistant.greeting, {}));
  const assistant::Phrases fixed;
  for (const auto& phrase : {fixed.still_there, fixed.goodbye, fixed.not_understood, fixed.apology})
    phrases.push_back(phrase);
  for (const auto rate : {audio::Rate::narrow, audio::Rate::wide}) flite_->prerender(phrases, rate);
  moonshine_->warm_up();  // after what the first caller hears first
}

Result<std::unique_ptr<Applications>, std::string> Applications::make(const Config& config, const LocalProviders& local,
                                                                      store::Records& records, Random& random,
                                                                      tools::ExtensionDirectory& extensions) {
  std::unique_ptr<Applications> made{new Applications{config, local}};
  for (const auto& [name, configured] : config.assistants) {
    auto llm = providers::local::RuleBasedLlm::load(configured.rules_file);
    if (!llm) return std::unexpected("assistants." + name + ".rules: " + llm.error());

    assistant::AssistantConfig assistant;
    assistant.stt = local.stt();
    assistant.llm = std::move(*llm);
    assistant.tts = local.tts();
    if (!configured.greeting.empty()) assistant.greeting = configured.greeting;
    assistant.prompt = configured.prompt;
    assistant.language = configured.language;
    assistant.vocabulary = configured.vocabulary;
    assistant.tools = tools::make_tools(configured.tools);
    assistant.tool_context.wall_clock = [] { return std::chrono::system_clock::now(); };
    assistant.tool_context.records = &records;
    assistant.tool_context.random = &random;
    assistant.tool_context.extensions = &extensions;
    assistant.may_end_call = std::ranges::find(configured.tools, "end_call") != configured.tools.end();
    assistant.may_transfer = std::ranges::find(configured.tools, "transfer") != configured.tools.end();
    for (const auto& agent : config.agents) assistant.transfer_targets.push_back(agent.extension);
    if (!configured.transfer.to.empty()) assistant.transfer_targets.push_back(configured.transfer.to);
    assistant.confirm_transfer = configured.transfer.confirm;
    assistant.turns = configured.turn_taking;

    legs::CallProfile profile;
    profile.record = config.recording.enabled && configured.recording;
    profile.denoise = configured.denoise;
    profile.detect_speech = true;
    profile.max_duration = std::chrono::duration_cast<std::chrono::seconds>(configured.call_duration);
    profile.transfer = transfer_options(configured.transfer);
    made->assistants_.emplace(name, Configured{std::move(assistant), profile});
  }
  return made;
}

std::unique_ptr<call::Application> Applications::make(const call::RouteTarget& target, call::CallControl& call) {
  using Kind = call::RouteTarget::Kind;
  switch (target.kind) {
    case Kind::assistant: {
      auto config = assistants_.at(target.assistant).assistant;
      config.tool_context.caller = call::owner_of(call.identity(), call.from());
      return std::make_unique<assistant::Assistant>(call, std::move(config));
    }
    case Kind::echo: return call::make_echo(call.rate());
    case Kind::tone: return call::make_tone(call.rate());
    case Kind::dictation: return assistant::make_dictation(call, {.stt = local_.stt()});
    case Kind::extension:
    case Kind::outside: return call::make_direct_call(call, target.extension);
    case Kind::listener: break;
  }
  return call::make_listener(call);
}

legs::CallProfile Applications::profile(const call::RouteTarget& target) const {
  using Kind = call::RouteTarget::Kind;
  if (target.kind == Kind::assistant) return assistants_.at(target.assistant).profile;
  legs::CallProfile profile;
  profile.record = record_ && (target.kind == Kind::dictation || target.kind == Kind::listener);
  profile.denoise = profile.detect_speech = target.kind == Kind::dictation || target.kind == Kind::listener;
  return profile;
}

}  // namespace parley::app
