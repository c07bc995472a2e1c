// Makes what answers a call: the configured assistants with their providers, and the test extensions.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/config.hpp"
#include "assistant/assistant.hpp"
#include "call/registry.hpp"
#include "legs/sip/user_agent.hpp"
#include "speech/job_queue.hpp"

namespace parley::providers::local {
class Moonshine;
class SentenceTts;
}  // namespace parley::providers::local

namespace parley::store {
class Records;
}

namespace parley::app {

/// The on-device providers, one of each for the whole program.
class LocalProviders {
 public:
  explicit LocalProviders(speech::JobQueue& pool);
  ~LocalProviders();

  std::shared_ptr<speech::Stt> stt() const;
  std::shared_ptr<speech::Tts> tts() const;
  /// What keeps speech from being recognised, in one line; empty: nothing.
  const std::string& missing() const;
  /// Loads models and renders the phrases that every call begins with; returns at once.
  void warm_up(const Config& config);

 private:
  std::shared_ptr<providers::local::Moonshine> moonshine_;
  std::shared_ptr<providers::local::SentenceTts> flite_;
};

/// One for all workers: only reads what it was made with.
class Applications final : public call::ApplicationFactory {
 public:
  /// The error names the key and the remedy (a rules file that cannot be read).
  static Result<std::unique_ptr<Applications>, std::string> make(const Config& config, const LocalProviders& local,
                                                                 store::Records& records, Random& random,
                                                                 tools::ExtensionDirectory& extensions);

  std::unique_ptr<call::Application> make(const call::RouteTarget& target, call::CallControl& call) override;
  legs::CallProfile profile(const call::RouteTarget& target) const;

 private:
  struct Configured {
    assistant::AssistantConfig assistant;
    legs::CallProfile profile;
  };

  Applications(const Config& config, const LocalProviders& local) : local_{local}, record_{config.recording.enabled} {}

  const LocalProviders& local_;
  bool record_;
  std::map<std::string, Configured> assistants_;
};

}  // namespace parley::app
