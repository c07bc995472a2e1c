// The one thread that writes: everything that waits in one transaction and one commit.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "store/journal.hpp"
#include "store/operation.hpp"
#include "store/records.hpp"
#include "store/sqlite.hpp"

namespace parley::store {

/// In order: a write is never overtaken by a later one, through the journal or not. While the
/// journal holds anything, everything goes behind it.
class Writer {
 public:
  Writer(const RecordsConfig& config, Connection connection, Journal journal);
  /// Writes what waits.
  ~Writer();

  void submit(Operation operation, Reply<Written> reply);
  void mark_interrupted(Reply<std::vector<Interrupted>> reply);

  bool healthy() const { return healthy_.load(std::memory_order_relaxed); }
  Records::Counters counters() const;

 private:
  struct Write {
    Operation operation;
    Reply<Written> reply;
  };
  struct MarkInterrupted {
    Reply<std::vector<Interrupted>> reply;
  };
  using Item = std::variant<Write, MarkInterrupted>;
  /// A run of writes between two others.
  struct Batch {
    std::vector<Operation> operations;
    std::vector<Reply<Written>> replies;
  };

  /// False when the queue is full; the item is then as it was.
  bool push(Item& item);
  StoreError queue_full() const;
  std::deque<Item> take(bool& last);
  void run();
  void write(Batch batch);
  /// One error an operation that the database refuses; the whole fails when the database does.
  Result<std::vector<std::optional<StoreError>>, StoreError> commit(std::span<const Operation> operations);
  void keep_in_journal(Batch batch);
  void answer(Batch& batch, const std::vector<std::optional<StoreError>>& refusals);
  void fail(Batch& batch, const StoreError& error);
  void replay();
  void set_healthy(bool healthy, const StoreError& error);
  Result<std::vector<Interrupted>, StoreError> close_open_calls();

  const RecordsConfig config_;
  Connection connection_;
  Journal journal_;
  std::uint64_t replayed_to_ = 0;  // in the journal
  TimePoint next_try_{};           // of a replay

  std::atomic<bool> healthy_{true};
  std::atomic<std::uint64_t> writes_{0}, commits_{0}, journaled_{0}, replayed_{0}, failed_{0};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> queue_;
  bool stopping_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace parley::store
