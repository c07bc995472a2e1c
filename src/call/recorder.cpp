#include "call/recorder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "audio/wav.hpp"
#include "base/log.hpp"
#include "base/spsc_ring.hpp"

namespace parley::call {
namespace {

constexpr std::size_t max_blocks_in_flight = 4;

}  // namespace

/// Shared by the recorder and its jobs; closed by whichever lets go last, which finish() sees to
/// being a job.
struct Recorder::File {
  File(Options opened, std::shared_ptr<speech::Executor> worker, Failed told)
      : options{std::move(opened)}, executor{std::move(worker)}, failed_callback{std::move(told)} {}

  ~File() {
    if (descriptor >= 0) ::close(descriptor);
    if (closed_callback) executor->post(std::move(closed_callback));
  }

  void write(const Block& block, std::uint64_t first_sample) {
    if (broken) return;
    if (descriptor < 0) {
      descriptor = ::open(options.path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0640);
      if (descriptor < 0) return fail("cannot create");
    }
    const std::uint64_t offset = audio::wav::header_size + first_sample * sizeof(std::int16_t);
    if (!put(block.data(), block.size() * sizeof(std::int16_t), offset)) return;
    samples = std::max(samples, first_sample + block.size());
    const auto header = audio::wav::header(audio::hertz(options.rate), 2, samples * sizeof(std::int16_t));
    put(header.data(), header.size(), 0);
  }

  bool put(const void* data, std::size_t size, std::uint64_t offset) {
    const char* next = static_cast<const char*>(data);
    while (size > 0) {
      const auto count = ::pwrite(descriptor, next, size, static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        fail("cannot write");
        return false;
      }
      next += count;
      offset += static_cast<std::uint64_t>(count);
      size -= static_cast<std::size_t>(count);
    }
    return true;
  }

  void fail(const char* what) {
    broken = true;
    closed_callback = nullptr;
    auto reason = std::string{what} + " " + options.path.string() + ": " + std::strerror(errno);
    if (!failed_callback) return;
    std::move_only_function<void()> tell = [callback = std::move(failed_callback), text = std::move(reason)]() mutable {
      callback(std::move(text));
    };
    executor->post(std::move(tell));
    failed_callback = nullptr;
  }

  const Options options;
  const std::shared_ptr<speech::Executor> executor;
  std::mutex mutex;  // several pool threads may hold blocks of one file; never taken in a tick
  int descriptor = -1;
  bool broken = false;
  std::uint64_t samples = 0;  // interleaved, in the file
  Failed failed_callback;
  Closed closed_callback;

  std::atomic<std::size_t> in_flight{0};
  SpscRing<Block> spare{max_blocks_in_flight};
};

Recorder::Recorder(Options options, speech::JobQueue& files, std::shared_ptr<speech::Executor> executor, Failed failed)
    : block_samples_{audio::hertz(options.rate) * 2},
      frame_samples_{audio::frame_size(options.rate)},
      files_{files},
      file_{std::make_shared<File>(std::move(options), std::move(executor), std::move(failed))} {
  block_.reserve(block_samples_);
}

Recorder::~Recorder() {
  if (file_) finish(nullptr);
}

void Recorder::write(const audio::Frame* left, const audio::Frame* right) {
  static constexpr audio::Frame silence{audio::Rate::wide};
  const auto at_left = (left ? *left : silence).samples().first(frame_samples_);
  const auto at_right = (right ? *right : silence).samples().first(frame_samples_);
  std::array<std::int16_t, 2 * audio::frame_size(audio::Rate::wide)> both;
  for (std::size_t i = 0; i < frame_samples_; ++i) {
    both[2 * i] = at_left[i];
    both[2 * i + 1] = at_right[i];
  }
  block_.insert(block_.end(), both.begin(), both.begin() + static_cast<std::ptrdiff_t>(2 * frame_samples_));
  if (block_.size() >= block_samples_) flush();
}

void Recorder::flush() {
  const std::uint64_t first = written_samples_;
  written_samples_ += block_.size();
  if (file_->in_flight.load() >= max_blocks_in_flight) {
    block_.clear();  // the pool is behind: this second stays silent in the file
    return;
  }
  file_->in_flight.fetch_add(1);
  auto job = [file = file_, block = std::move(block_), first]() mutable {
    const std::scoped_lock lock{file->mutex};
    file->write(block, first);
    block.clear();
    file->spare.push(std::move(block));
    file->in_flight.fetch_sub(1);
  };
  if (!files_.try_submit(std::move(job))) file_->in_flight.fetch_sub(1);
  block_ = take_block();
}

Recorder::Block Recorder::take_block() {
  if (auto spare = file_->spare.pop()) return std::move(*spare);
  Block block;
  block.reserve(block_samples_);
  return block;
}

void Recorder::finish(Closed closed) {
  // The last job holds the last reference of ours: the file is closed behind all blocks.
  auto job = [file = std::move(file_), block = std::move(block_), first = written_samples_,
              told = std::move(closed)]() mutable {
    const std::scoped_lock lock{file->mutex};
    if (!block.empty() || file->descriptor < 0) file->write(block, first);
    if (!file->broken) file->closed_callback = std::move(told);
  };
  // A full pool costs the last part of a second; the header already tells what is there.
  if (!files_.try_submit(std::move(job))) log::warn("recording cut short: the file pool is full");
}

}  // namespace parley::call
