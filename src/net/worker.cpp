#include "net/worker.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/assert.hpp"
#include "base/thread_setup.hpp"

namespace parley::net {

namespace {
thread_local Worker* current_worker = nullptr;
}

/// Wakes every 100 ms and notes by how much it came late. It also keeps the loop from running out
/// of work.
class Worker::LagProbe {
 public:
  explicit LagProbe(Worker& worker) : worker_{worker}, timer_{*worker.context_} {}

  void start() {
    timer_.expires_after(100ms);
    wait();
  }

 private:
  void wait() {
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      const auto now = Clock::now();
      const auto lag = (now - timer_.expiry()).count();
      if (lag > worker_.longest_lag_.load(std::memory_order_relaxed))
        worker_.longest_lag_.store(lag, std::memory_order_relaxed);
      timer_.expires_at(now + 100ms);
      wait();
    });
  }

  Worker& worker_;
  boost::asio::steady_timer timer_;
};

Worker::Worker(int index)
    : index_{index},
      context_{std::make_unique<boost::asio::io_context>(1)},
      lag_probe_{std::make_unique<LagProbe>(*this)} {}

// The context goes last but for the counters: handlers that never ran may own timers of it.
Worker::~Worker() = default;

void Worker::post(std::move_only_function<void()> work) {
  depth_.fetch_add(1, std::memory_order_relaxed);
  boost::asio::post(*context_, [this, work = std::move(work)]() mutable {
    depth_.fetch_sub(1, std::memory_order_relaxed);
    work();
  });
}

Worker* Worker::current() { return current_worker; }

Duration Worker::take_longest_lag() { return Duration{longest_lag_.exchange(0, std::memory_order_relaxed)}; }

void Worker::run(bool pin) {
  current_worker = this;
  set_thread_name("worker-" + std::to_string(index_));
  if (pin) pin_thread(static_cast<unsigned>(index_));
  const auto guard = boost::asio::make_work_guard(*context_);
  lag_probe_->start();
  context_->run();
  current_worker = nullptr;
}

Workers::Workers(std::size_t count, bool pin_to_cpus) : pin_to_cpus_{pin_to_cpus} {
  PARLEY_ASSERT(count > 0);
  for (std::size_t i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>(static_cast<int>(i)));
}

Workers::~Workers() {
  stop();
  join();
}

void Workers::start() {
  PARLEY_ASSERT(threads_.empty());
  const SignalBlock block;
  for (auto& worker : workers_) threads_.emplace_back([this, &worker = *worker] { worker.run(pin_to_cpus_); });
}

void Workers::stop() {
  for (auto& worker : workers_) worker->context().stop();
}

void Workers::join() { threads_.clear(); }

}  // namespace parley::net
