// Threads of net/ behind the small interfaces that calls and speech know.
#pragma once

#include "net/pool.hpp"
#include "net/worker.hpp"
#include "speech/executor.hpp"
#include "speech/job_queue.hpp"

namespace parley::app {

class PoolQueue final : public speech::JobQueue {
 public:
  explicit PoolQueue(net::BlockingPool& pool) : pool_{pool} {}
  bool try_submit(std::move_only_function<void()>&& work) override { return pool_.try_submit(std::move(work)); }
  std::size_t depth() const override { return pool_.depth(); }

 private:
  net::BlockingPool& pool_;
};

class WorkerExecutor final : public speech::Executor {
 public:
  explicit WorkerExecutor(net::Worker& worker) : worker_{worker} {}
  void post(std::move_only_function<void()> work) override { worker_.post(std::move(work)); }

 private:
  net::Worker& worker_;
};

}  // namespace parley::app
