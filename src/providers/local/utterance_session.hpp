// Recognition of one party's utterances by a model that takes them whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "providers/local/recogniser.hpp"
#include "speech/job_queue.hpp"
#include "speech/stt.hpp"

namespace parley::providers::local {

struct UtteranceSessionConfig {
  audio::Rate rate = audio::Rate::narrow;
  std::string provider;
};

/// Buffers an utterance, has it recognised in the speech pool at its end, and reports the final.
///
/// - While a long utterance goes on, it reports an interim for every two seconds of new sound,
/// where the
///   pool has nothing else to do.
/// - From 15 s on the utterance is cut at its quietest place between 10 and 15 s, and the pieces
/// are recognised
///   as they come: cost grows with the length of what a model sees, and the final comes no later
///   for it.
/// - An end that was resumed is void: its job is skipped when it has not begun, its result dropped.
/// - A full pool yields a final without text (the assistant asks to repeat) and a line in the log.
///
/// Everything but recognition itself happens on the call's worker; a result finds its session by a
/// weak pointer that only the worker locks.
class UtteranceSession final : public speech::SttSession {
 public:
  UtteranceSession(UtteranceSessionConfig config, std::shared_ptr<Recogniser> recogniser, speech::JobQueue& pool,
                   speech::SttSink& sink, std::shared_ptr<speech::Executor> executor);
  ~UtteranceSession() override;

  void begin_utterance(std::uint64_t utterance, speech::MediaTime started) override;
  void write(const audio::Frame& frame) override;
  void end_utterance(speech::MediaTime ended) override;
  void resume_utterance() override;

 private:
  struct Core;
  std::shared_ptr<Core> core_;
};

}  // namespace parley::providers::local
