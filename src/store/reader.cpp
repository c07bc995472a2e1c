#include "store/reader.hpp"

#include "base/thread_setup.hpp"

namespace parley::store {

Reader::Reader(Connection connection, std::size_t queue_limit)
    : connection_{std::move(connection)}, queue_limit_{queue_limit}, thread_{[this] { run(); }} {}

Reader::~Reader() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
}

bool Reader::submit(Job& job) {
  {
    const std::lock_guard lock{mutex_};
    if (queue_.size() >= queue_limit_) return false;
    queue_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void Reader::run() {
  set_thread_name("store-read");
  set_thread_nice(behind_media);
  while (true) {
    Job job;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job(connection_);
  }
}

}  // namespace parley::store
