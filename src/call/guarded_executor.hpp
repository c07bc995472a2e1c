// Lets results come back to a call only while it lives.
#pragma once

#include <memory>

#include "speech/executor.hpp"

namespace parley::call {

/// Posts to the worker's executor; what arrives after close() is dropped. close() and the posted
/// work run on the worker, post() on any thread.
class GuardedExecutor final : public speech::Executor {
 public:
  explicit GuardedExecutor(std::shared_ptr<speech::Executor> worker)
      : worker_{std::move(worker)}, open_{std::make_shared<bool>(true)} {}

  void post(std::move_only_function<void()> work) override {
    std::move_only_function<void()> guarded = [open = open_, work = std::move(work)]() mutable {
      if (*open) work();
    };
    worker_->post(std::move(guarded));
  }
  void close() { *open_ = false; }

 private:
  std::shared_ptr<speech::Executor> worker_;
  std::shared_ptr<bool> open_;
};

}  // namespace parley::call
