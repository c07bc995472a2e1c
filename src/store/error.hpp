// What can go wrong with the store, and what it means for the one who asked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace parley::store {

struct StoreError {
  enum class Code : std::uint8_t {
    queue_full,    // too much is waiting: nothing was written, the caller decides
    away,          // locked, disk full, I/O error, read-only: may work later
    journal_full,  // away, and the journal can take no more: nothing was written
    corrupt,       // not a database, or a damaged one
    newer_schema,  // made by a later version of this program
    rejected,      // the database refuses this very row
    not_found,
    bad_cursor,  // not one of ours
    stopped,     // the store is going down
  };
  Code code = Code::away;
  std::string message;  // for a person: what, where, and what to do

  bool operator==(const StoreError&) const = default;
};
std::string_view to_string(StoreError::Code code);

}  // namespace parley::store
