// On-device speech recognition: Moonshine tiny-en. English, needs no account and no network.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "providers/local/recogniser.hpp"
#include "speech/job_queue.hpp"
#include "speech/stt.hpp"

namespace parley::providers::local {

struct MoonshineConfig {
  std::filesystem::path models;  // the directory above `moonshine`; empty: looked for, see model_directories()
};

/// The provider `local`. Making it only looks whether the files are there; the model is loaded in
/// the pool at its first use, or by warm_up(): 0.23 s and 180 MB, once per thread of the pool that
/// recognises at the same time.
class Moonshine final : public speech::Stt {
 public:
  Moonshine(MoonshineConfig config, speech::JobQueue& pool);
  ~Moonshine() override;

  std::string_view name() const override { return "local"; }
  /// Null while something is missing(), and for languages other than English.
  std::unique_ptr<speech::SttSession> open(const speech::SttOptions& options, speech::SttSink& sink,
                                           std::shared_ptr<speech::Executor> executor) override;

  /// Which file is missing and how to get it, in one line; empty when nothing is.
  const std::string& missing() const { return missing_; }
  /// Loads the model in the pool, so that the first caller does not wait for it.
  void warm_up();
  /// For programs that recognise without a call; null while something is missing.
  std::shared_ptr<Recogniser> recogniser() const;

 private:
  class Models;
  std::string missing_;
  speech::JobQueue& pool_;
  std::shared_ptr<Models> models_;
};

}  // namespace parley::providers::local
