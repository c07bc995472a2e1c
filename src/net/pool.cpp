#include "net/pool.hpp"

#include <exception>

#include "base/assert.hpp"
#include "base/log.hpp"
#include "base/thread_setup.hpp"

namespace parley::net {

BlockingPool::BlockingPool(BlockingPoolConfig config) : config_{std::move(config)} {
  PARLEY_ASSERT(config_.threads > 0);
  const SignalBlock block;
  for (std::size_t i = 0; i < config_.threads; ++i) threads_.emplace_back([this, i] { run(i); });
}

BlockingPool::~BlockingPool() { stop(); }

bool BlockingPool::try_submit(std::move_only_function<void()>&& work) {
  {
    const std::lock_guard lock{mutex_};
    if (stopping_ || queue_.size() >= config_.queue_limit) return false;
    queue_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

std::size_t BlockingPool::depth() const {
  const std::lock_guard lock{mutex_};
  return queue_.size();
}

void BlockingPool::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

void BlockingPool::abandon() {
  std::deque<std::move_only_function<void()>> unrun;  // what it holds is released outside the lock
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    unrun.swap(queue_);
  }
  stop();
}

void BlockingPool::run(std::size_t index) {
  set_thread_name(config_.name + "-" + std::to_string(index));
  set_thread_nice(config_.nice);
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    {
      auto work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      try {
        work();
      } catch (const std::exception& error) {
        log::error("pool work failed pool={} error=\"{}\"", config_.name, error.what());
      }
    }  // what the work held is released outside the lock too
    lock.lock();
  }
}

}  // namespace parley::net
