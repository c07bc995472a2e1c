#include "store/records.hpp"

#include <fmt/format.h>

#include "store/database.hpp"
#include "store/queries.hpp"
#include "store/reader.hpp"
#include "store/writer.hpp"

namespace parley::store {
namespace {

/// For tests: a database that is full without filling a disk.
Result<void, StoreError> limit_size(Connection& connection, std::size_t bytes) {
  if (bytes == 0) return {};
  auto page_size = connection.query("PRAGMA page_size");
  if (!page_size) return std::unexpected(page_size.error());
  if (const auto row = page_size->step(); !row) return std::unexpected(row.error());
  const auto pages = bytes / static_cast<std::size_t>(page_size->integer(0));
  return connection.run(fmt::format("PRAGMA max_page_count = {}", pages));
}

}  // namespace

struct Records::Parts {
  Parts(const RecordsConfig& config, Connection writing, Journal journal, Connection reading)
      : writer{config, std::move(writing), std::move(journal)}, reader{std::move(reading), config.read_queue} {}

  template <class T, class Ask>
  void read(Reply<T> reply, Ask ask) {
    // Shared, because a job that found no place must leave the reply for the refusal.
    auto answer = std::make_shared<Reply<T>>(std::move(reply));
    Reader::Job job = [answer, ask = std::move(ask)](Connection& connection) { (*answer)(ask(connection)); };
    if (!reader.submit(job))
      (*answer)(std::unexpected(StoreError{StoreError::Code::queue_full, "too many reads are waiting"}));
  }

  Writer writer;
  Reader reader;
};

Result<std::unique_ptr<Records>, StoreError> Records::open(RecordsConfig config) {
  auto writing = open_database({config.database, config.lock_wait, config.synchronous_full});
  if (!writing) return std::unexpected(writing.error());
  if (auto limited = limit_size(*writing, config.database_bytes); !limited) return std::unexpected(limited.error());
  auto reading = Connection::open({config.database, true, config.lock_wait});
  if (!reading) return std::unexpected(reading.error());
  auto journal = Journal::open(config.journal, config.journal_bytes);
  if (!journal) return std::unexpected(journal.error());
  auto parts = std::make_unique<Parts>(config, std::move(*writing), std::move(*journal), std::move(*reading));
  return std::unique_ptr<Records>{new Records{std::move(parts)}};
}

Records::Records(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Records::~Records() = default;

void Records::insert_call(CallRow call, Reply<Written> reply) {
  parts_->writer.submit(Operation::put_call(std::move(call)), std::move(reply));
}
void Records::update_call(CallRow call, Reply<Written> reply) {
  parts_->writer.submit(Operation::put_call(std::move(call)), std::move(reply));
}
void Records::end_call(CallRow call, Reply<Written> reply) {
  parts_->writer.submit(Operation::end_call(std::move(call)), std::move(reply));
}
void Records::put_leg(LegRow leg, Reply<Written> reply) {
  parts_->writer.submit(Operation::put_leg(std::move(leg)), std::move(reply));
}
void Records::put_transfer(TransferRow transfer, Reply<Written> reply) {
  parts_->writer.submit(Operation::put_transfer(std::move(transfer)), std::move(reply));
}
void Records::append_turn(TurnRow turn, Reply<Written> reply) {
  parts_->writer.submit(Operation::put_turn(std::move(turn)), std::move(reply));
}
void Records::append_event(EventRow event, Reply<Written> reply) {
  parts_->writer.submit(Operation::put_event(std::move(event)), std::move(reply));
}
void Records::add_todo(TodoRow todo, Reply<Written> reply) {
  parts_->writer.submit(Operation::put_todo(std::move(todo)), std::move(reply));
}
void Records::finish_todo(std::string id, WallTime at, Reply<Written> reply) {
  parts_->writer.submit(Operation::finish_todo(std::move(id), at), std::move(reply));
}
void Records::add_note(NoteRow note, Reply<Written> reply) {
  parts_->writer.submit(Operation::put_note(std::move(note)), std::move(reply));
}
void Records::settle(Reply<Written> reply) {
  // Goes through the queue like any other write, and changes nothing: no todo is without an id.
  parts_->writer.submit(Operation::finish_todo({}, {}), std::move(reply));
}
void Records::mark_interrupted(Reply<std::vector<Interrupted>> reply) {
  parts_->writer.mark_interrupted(std::move(reply));
}

void Records::list_calls(CallFilter filter, Reply<CallPage> reply) {
  parts_->read(std::move(reply),
               [filter = std::move(filter)](Connection& connection) { return store::list_calls(connection, filter); });
}
void Records::get_call(std::string id, Reply<CallDetail> reply) {
  parts_->read(std::move(reply),
               [id = std::move(id)](Connection& connection) { return store::get_call(connection, id); });
}
void Records::list_todos(std::string owner, Reply<std::vector<TodoRow>> reply) {
  parts_->read(std::move(reply),
               [owner = std::move(owner)](Connection& connection) { return store::list_todos(connection, owner); });
}
void Records::find_user_by_pin(std::string pin_index, Reply<UserRow> reply) {
  parts_->read(std::move(reply), [pin_index = std::move(pin_index)](Connection& connection) {
    return store::find_user_by_pin(connection, pin_index);
  });
}
void Records::find_user(std::string id, Reply<UserRow> reply) {
  parts_->read(std::move(reply),
               [id = std::move(id)](Connection& connection) { return store::find_user(connection, id); });
}
void Records::list_users(Reply<std::vector<UserRow>> reply) {
  parts_->read(std::move(reply), [](Connection& connection) { return store::list_users(connection); });
}

bool Records::healthy() const { return parts_->writer.healthy(); }
Records::Counters Records::counters() const { return parts_->writer.counters(); }

}  // namespace parley::store
