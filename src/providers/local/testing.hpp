// For the tests of this folder: a pool and a worker that run when they are told to.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "providers/local/recogniser.hpp"
#include "providers/local/voice.hpp"
#include "speech/executor.hpp"
#include "speech/job_queue.hpp"

namespace parley::providers::local::testing {

class ManualPool final : public speech::JobQueue {
 public:
  std::size_t limit = 16;

  bool try_submit(std::move_only_function<void()>&& work) override {
    if (jobs_.size() >= limit) return false;
    jobs_.push_back(std::move(work));
    return true;
  }
  std::size_t depth() const override { return jobs_.size(); }

  void run_one() {
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    job();
  }
  void run_last() {
    auto job = std::move(jobs_.back());
    jobs_.pop_back();
    job();
  }

 private:
  std::deque<std::move_only_function<void()>> jobs_;
};

class ManualWorker final : public speech::Executor {
 public:
  void post(std::move_only_function<void()> work) override { posted_.push_back(std::move(work)); }
  std::size_t depth() const { return posted_.size(); }
  void run() {
    while (!posted_.empty()) {
      auto work = std::move(posted_.front());
      posted_.pop_front();
      work();
    }
  }

 private:
  std::deque<std::move_only_function<void()>> posted_;
};

inline void run_all(ManualPool& pool, ManualWorker& worker) {
  while (pool.depth() > 0 || worker.depth() > 0) {
    if (pool.depth() > 0) pool.run_one();
    worker.run();
  }
}

/// Hears the number of tenths of a second it was given.
class CountingRecogniser final : public Recogniser {
 public:
  std::vector<std::size_t> sizes;
  bool fails = false;
  std::string says;  // instead of the count

  Result<std::string, std::string> recognise(std::span<const std::int16_t> samples) override {
    sizes.push_back(samples.size());
    if (fails) return std::unexpected("broken");
    return says.empty() ? std::to_string(samples.size() / (rate_hz / 10)) : says;
  }
};

/// Renders as many samples as the text has characters, times a hundred.
class CountingVoice final : public Voice {
 public:
  int rendered = 0;
  bool fails = false;

  std::uint32_t rate_hz() const override { return 8'000; }
  Result<std::vector<std::int16_t>, std::string> render(std::string_view text) override {
    ++rendered;
    if (fails) return std::unexpected("no breath");
    std::vector<std::int16_t> samples(text.size() * 100);
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = i % 2 == 0 ? 3'000 : -3'000;
    return samples;
  }
};

}  // namespace parley::providers::local::testing
