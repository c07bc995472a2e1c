// The lasting records: calls, transcripts, events, todos, notes and users.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "store/error.hpp"
#include "store/rows.hpp"

namespace parley::store {

/// Runs a function elsewhere, later: a worker's post(). Safe from any thread.
using Post = std::move_only_function<void(std::move_only_function<void()>)>;

/// Where an answer goes. With `post`, the callback runs where that runs it; without, on a thread of
/// the store, which it must not keep (or, when the queue is full, on the asking thread at once).
/// An empty callback is allowed: the outcome is then not told to anyone but the log.
template <class T>
struct Reply {
  using Callback = std::move_only_function<void(Result<T, StoreError>)>;

  Reply() = default;
  Reply(Callback then) : callback{std::move(then)} {}  // NOLINT: a plain callback is a reply
  Reply(Post where, Callback then) : post{std::move(where)}, callback{std::move(then)} {}

  /// Once.
  void operator()(Result<T, StoreError> result) {
    if (!callback) return;
    if (!post) return callback(std::move(result));
    post([then = std::move(callback), value = std::move(result)]() mutable { then(std::move(value)); });
  }

  Post post;
  Callback callback;
};

/// How a write was accepted. Either survives a killed process and a power cut.
enum class Written : std::uint8_t {
  stored,     // committed
  journaled,  // the database is away; in the journal on disk, to be replayed in order
};

struct CallFilter {
  std::string state, from, to, assistant;  // exact; empty: any
  std::optional<WallTime> since;           // started at or after
  std::optional<WallTime> until;           // started before
  std::string external_id;                 // a value, under whatever name; empty: any
  std::size_t limit = 50;                  // clamped to 1–500
  std::string cursor;                      // `next_cursor` of the page before; empty: from the newest
};

struct CallPage {
  std::vector<CallRow> calls;              // newest first
  std::optional<std::string> next_cursor;  // opaque; nothing: that was all
};

/// A call that was open when the program died.
struct Interrupted {
  std::string id;
  std::string recording;  // its header may need mending; empty: none
};

struct RecordsConfig {
  std::filesystem::path database;    // made when absent; its folder must exist
  std::filesystem::path journal;     // used only while the database is away
  std::size_t write_queue = 16'384;  // waiting writes, then queue_full
  std::size_t read_queue = 1'024;
  std::size_t journal_bytes = 64U << 20;
  std::chrono::milliseconds lock_wait = 250ms;  // for another process's lock, then away
  std::chrono::milliseconds retry_every = 1s;   // while away
  std::size_t database_bytes = 0;               // 0: as much as the disk holds
  bool synchronous_full = true;                 // README: what that costs and why it is worth it
};

/// Thread-safe. Writes are done in the order of the calls, everything that waits in one transaction
/// (group commit), on a thread of their own; reads on another one, over what is committed. All
/// writes may be repeated without harm: the same id or (call, seq) again replaces the row.
///
/// Start it with the signals blocked that its two threads must not get.
class Records {
 public:
  /// Opens or makes the database, migrates it, and replays what an earlier run left in the journal.
  static Result<std::unique_ptr<Records>, StoreError> open(RecordsConfig config);
  /// Writes what waits, then ends the threads.
  ~Records();
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;

  // Calls. insert_call() and update_call() write all of the row but `summary` and `extracted`;
  // end_call() writes those too (the CDR).
  void insert_call(CallRow call, Reply<Written> reply = {});
  void update_call(CallRow call, Reply<Written> reply = {});
  void end_call(CallRow call, Reply<Written> reply = {});
  void put_leg(LegRow leg, Reply<Written> reply = {});
  void put_transfer(TransferRow transfer, Reply<Written> reply = {});
  void append_turn(TurnRow turn, Reply<Written> reply = {});
  void append_event(EventRow event, Reply<Written> reply = {});
  void list_calls(CallFilter filter, Reply<CallPage> reply);
  void get_call(std::string id, Reply<CallDetail> reply);  // not_found
  /// Once, at the start, before the first call: open rows become `ended` with cause `interrupted`,
  /// ended when their last event was.
  void mark_interrupted(Reply<std::vector<Interrupted>> reply);

  // Todos of one owner. The caller makes the ids (ULID).
  void add_todo(TodoRow todo, Reply<Written> reply = {});
  /// The open ones, oldest first, at most 500.
  void list_todos(std::string owner, Reply<std::vector<TodoRow>> reply);
  void finish_todo(std::string id, WallTime at, Reply<Written> reply = {});

  void add_note(NoteRow note, Reply<Written> reply = {});

  // Users are written by `users.hpp`, from the command line, while this reads.
  void find_user_by_pin(std::string pin_index, Reply<UserRow> reply);  // not_found
  void find_user(std::string id, Reply<UserRow> reply);                // not_found
  void list_users(Reply<std::vector<UserRow>> reply);

  /// Answers when everything written before is accepted: a read from then on sees it.
  void settle(Reply<Written> reply);

  /// False while writes go to the journal or fail: `/ready` then says degraded.
  bool healthy() const;
  struct Counters {
    std::uint64_t writes = 0, commits = 0, journaled = 0, replayed = 0, failed = 0;
    std::size_t queued = 0;
  };
  Counters counters() const;

 private:
  struct Parts;
  explicit Records(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace parley::store
