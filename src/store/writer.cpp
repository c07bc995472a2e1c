#include "store/writer.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/log.hpp"
#include "base/thread_setup.hpp"

namespace parley::store {
namespace {

// Bounds how long a lock is held and how much one failure throws back; far beyond what fsync allows a second.
constexpr std::size_t max_batch = 4'096;

bool concerns_one_row(const StoreError& error) { return error.code == StoreError::Code::rejected; }

}  // namespace

Writer::Writer(const RecordsConfig& config, Connection connection, Journal journal)
    : config_{config}, connection_{std::move(connection)}, journal_{std::move(journal)} {
  if (journal_.torn() > 0) log::warn("store.journal_torn_end bytes={}", journal_.torn());
  if (!journal_.empty()) replay();
  thread_ = std::jthread{[this] { run(); }};
}

Writer::~Writer() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
}

bool Writer::push(Item& item) {
  {
    const std::lock_guard lock{mutex_};
    if (queue_.size() >= config_.write_queue) return false;
    queue_.push_back(std::move(item));
  }
  changed_.notify_one();
  return true;
}

StoreError Writer::queue_full() const {
  return {StoreError::Code::queue_full, fmt::format("{} writes are waiting", config_.write_queue)};
}

void Writer::submit(Operation operation, Reply<Written> reply) {
  Item item{Write{std::move(operation), std::move(reply)}};
  if (push(item)) return;
  failed_.fetch_add(1, std::memory_order_relaxed);
  std::get<Write>(item).reply(std::unexpected(queue_full()));
}

void Writer::mark_interrupted(Reply<std::vector<Interrupted>> reply) {
  Item item{MarkInterrupted{std::move(reply)}};
  if (!push(item)) std::get<MarkInterrupted>(item).reply(std::unexpected(queue_full()));
}

Records::Counters Writer::counters() const {
  const auto value = [](const auto& counter) { return counter.load(std::memory_order_relaxed); };
  const std::lock_guard lock{mutex_};
  return {value(writes_), value(commits_), value(journaled_), value(replayed_), value(failed_), queue_.size()};
}

std::deque<Writer::Item> Writer::take(bool& last) {
  std::unique_lock lock{mutex_};
  const auto something = [this] { return stopping_ || !queue_.empty(); };
  if (journal_.empty()) changed_.wait(lock, something);
  else changed_.wait_until(lock, next_try_, something);

  std::deque<Item> taken;
  if (queue_.size() <= max_batch) {
    taken.swap(queue_);
  } else {
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(max_batch);
    taken.assign(std::move_iterator{queue_.begin()}, std::move_iterator{end});
    queue_.erase(queue_.begin(), end);
  }
  last = stopping_ && queue_.empty();
  return taken;
}

void Writer::run() {
  set_thread_name("store-write");
  set_thread_nice(behind_media);
  bool last = false;
  while (!last) {
    auto taken = take(last);
    if (!journal_.empty() && (last || Clock::now() >= next_try_)) replay();
    Batch batch;
    for (Item& item : taken) {
      if (auto* one = std::get_if<Write>(&item)) {
        batch.operations.push_back(std::move(one->operation));
        batch.replies.push_back(std::move(one->reply));
        continue;
      }
      write(std::exchange(batch, {}));
      std::get<MarkInterrupted>(item).reply(close_open_calls());
    }
    write(std::move(batch));
  }
}

void Writer::write(Batch batch) {
  if (batch.operations.empty()) return;
  writes_.fetch_add(batch.operations.size(), std::memory_order_relaxed);
  if (!journal_.empty()) return keep_in_journal(std::move(batch));

  const auto refusals = commit(batch.operations);
  if (refusals) {
    set_healthy(true, {});
    return answer(batch, *refusals);
  }
  set_healthy(false, refusals.error());
  if (refusals.error().code != StoreError::Code::away) return fail(batch, refusals.error());
  next_try_ = Clock::now() + config_.retry_every;
  keep_in_journal(std::move(batch));
}

Result<std::vector<std::optional<StoreError>>, StoreError> Writer::commit(std::span<const Operation> operations) {
  std::vector<std::optional<StoreError>> refusals(operations.size());
  if (auto begun = connection_.run("BEGIN IMMEDIATE"); !begun) return std::unexpected(begun.error());
  for (std::size_t i = 0; i < operations.size(); ++i) {
    auto applied = apply(connection_, operations[i]);
    if (applied) continue;
    if (!concerns_one_row(applied.error()) || !connection_.in_transaction()) {
      connection_.roll_back();
      return std::unexpected(applied.error());
    }
    refusals[i] = std::move(applied.error());
  }
  if (auto committed = connection_.run("COMMIT"); !committed) {
    connection_.roll_back();
    return std::unexpected(committed.error());
  }
  commits_.fetch_add(1, std::memory_order_relaxed);
  return refusals;
}

void Writer::answer(Batch& batch, const std::vector<std::optional<StoreError>>& refusals) {
  for (std::size_t i = 0; i < batch.replies.size(); ++i) {
    if (!refusals[i]) {
      batch.replies[i](Written::stored);
      continue;
    }
    failed_.fetch_add(1, std::memory_order_relaxed);
    log::error("store.write_refused reason=\"{}\"", refusals[i]->message);
    batch.replies[i](std::unexpected(*refusals[i]));
  }
}

void Writer::fail(Batch& batch, const StoreError& error) {
  failed_.fetch_add(batch.replies.size(), std::memory_order_relaxed);
  for (auto& reply : batch.replies) reply(std::unexpected(error));
}

void Writer::keep_in_journal(Batch batch) {
  if (auto kept = journal_.append(batch.operations); !kept) {
    log::error("store.journal_failed writes={} reason=\"{}\"", batch.operations.size(), kept.error().message);
    return fail(batch, kept.error());
  }
  journaled_.fetch_add(batch.operations.size(), std::memory_order_relaxed);
  for (auto& reply : batch.replies) reply(Written::journaled);
}

void Writer::replay() {
  constexpr std::size_t page_size = 1'000;
  next_try_ = Clock::now() + config_.retry_every;
  while (replayed_to_ < journal_.size()) {
    const auto page = journal_.read(replayed_to_, page_size);
    if (!page) return set_healthy(false, page.error());
    if (page->unreadable > 0) log::error("store.journal_unreadable records={}", page->unreadable);
    const auto refusals = commit(page->operations);
    if (!refusals) return set_healthy(false, refusals.error());
    for (const auto& refusal : *refusals)
      if (refusal) log::error("store.replay_refused reason=\"{}\"", refusal->message);
    replayed_.fetch_add(page->operations.size(), std::memory_order_relaxed);
    replayed_to_ = page->end;
  }
  if (auto cleared = journal_.clear(); !cleared) return set_healthy(false, cleared.error());
  replayed_to_ = 0;
  set_healthy(true, {});
}

void Writer::set_healthy(bool healthy, const StoreError& error) {
  if (healthy_.exchange(healthy, std::memory_order_relaxed) == healthy) return;
  if (healthy) log::warn("store.back replayed={}", replayed_.load(std::memory_order_relaxed));
  else log::error("store.away code={} reason=\"{}\"", to_string(error.code), error.message);
}

Result<std::vector<Interrupted>, StoreError> Writer::close_open_calls() {
  std::vector<Interrupted> interrupted;
  auto begun = connection_.run("BEGIN IMMEDIATE");
  if (!begun) return std::unexpected(begun.error());
  const auto collect = [&]() -> Result<void, StoreError> {
    auto query = connection_.query("SELECT id, recording FROM call WHERE state <> 'ended' ORDER BY id");
    if (!query) return std::unexpected(query.error());
    while (true) {
      const auto row = query->step();
      if (!row) return std::unexpected(row.error());
      if (!*row) return {};
      interrupted.push_back({query->text(0), query->text(1)});
    }
  };
  auto done = collect();
  if (done)
    done = connection_.execute(
        "UPDATE call SET state = 'ended', on_hold = 0, end_cause = 'interrupted', ended_at = last_sign,"
        " duration_ms = max(duration_ms, coalesce(last_sign - answered_at, 0))"
        " FROM (SELECT c.id AS open_id, coalesce((SELECT max(at) FROM event WHERE call_id = c.id), c.answered_at,"
        " c.started_at) AS last_sign FROM call AS c WHERE c.state <> 'ended') WHERE id = open_id");
  if (done)
    done = connection_.execute(
        "UPDATE transfer SET state = 'failed', cause = 'interrupted', ended_at = started_at"
        " WHERE ended_at IS NULL AND state IN ('dialling', 'ringing', 'briefing')");
  if (done) done = connection_.run("COMMIT");
  if (done) return interrupted;
  connection_.roll_back();
  return std::unexpected(done.error());
}

}  // namespace parley::store
