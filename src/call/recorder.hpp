// Stereo recording: caller left, everyone else right (DESIGN §5).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "audio/frame.hpp"
#include "speech/executor.hpp"
#include "speech/job_queue.hpp"

namespace parley::call {

/// Every tick writes one frame on each channel, so the channels cannot drift apart and recording
/// time is time since the answer. Blocks of about a second go to the `files` pool; each is written
/// at its own offset, so that one which had to be dropped (pool full) is silence and not a shift.
///
/// 16-bit PCM WAV at the call's rate. Its header says what is there after every block, so that a
/// file left by a killed process plays up to the last block.
class Recorder {
 public:
  /// Why a recording ended before its call: for the event and the log. Told once, on the worker.
  using Failed = std::move_only_function<void(std::string reason)>;
  /// The file is whole and closed. Told once, on the worker, unless it failed.
  using Closed = std::move_only_function<void()>;

  struct Options {
    std::filesystem::path path;
    audio::Rate rate = audio::Rate::narrow;
  };

  Recorder(Options options, speech::JobQueue& files, std::shared_ptr<speech::Executor> executor, Failed failed);
  ~Recorder();  // as finish() without being told

  /// One tick. Null is silence. Allocates nothing in steady state.
  void write(const audio::Frame* left, const audio::Frame* right);
  void finish(Closed closed);

 private:
  struct File;
  using Block = std::vector<std::int16_t>;

  void flush();
  Block take_block();

  std::size_t block_samples_;  // interleaved
  std::size_t frame_samples_;  // one channel
  speech::JobQueue& files_;
  std::shared_ptr<File> file_;
  Block block_;
  std::uint64_t written_samples_ = 0;  // interleaved, before `block_`
};

}  // namespace parley::call
