// Writes on disk while the database is away (DESIGN: what goes wrong): an append-only file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "store/error.hpp"
#include "store/operation.hpp"

namespace parley::store {

///   +--------------+--------------+---------------------+
///   | length (u32) | CRC-32 (u32) | operation, as JSON  |   numbers big-endian
///   +--------------+--------------+---------------------+
///
/// A record that is torn or damaged ends the journal: it was never accepted (append() had not
/// returned), or the disk lost it. Used by one thread.
class Journal {
 public:
  /// Makes the file when absent, cuts a torn end off. `limit`: bytes the file may grow to.
  static Result<Journal, StoreError> open(std::filesystem::path file, std::size_t limit);
  ~Journal();
  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&&) = delete;

  /// All or nothing, on disk (fsync) when it returns.
  Result<void, StoreError> append(std::span<const Operation> operations);

  struct Page {
    std::vector<Operation> operations;
    std::uint64_t end = 0;       // where the next page begins
    std::size_t unreadable = 0;  // whole records that are not operations: of another version
  };
  /// Up to `limit` operations from a record's beginning on; 0 is the oldest.
  Result<Page, StoreError> read(std::uint64_t from, std::size_t limit) const;
  /// Forgets everything: it has been replayed.
  Result<void, StoreError> clear();

  bool empty() const { return size_ == 0; }
  std::uint64_t size() const { return size_; }
  /// Bytes that opening cut off.
  std::uint64_t torn() const { return torn_; }

 private:
  Journal(std::filesystem::path file, int descriptor, std::size_t limit)
      : file_{std::move(file)}, descriptor_{descriptor}, limit_{limit} {}
  StoreError failed(std::string_view doing) const;
  Result<void, StoreError> cut_torn_end();

  std::filesystem::path file_;
  int descriptor_;
  std::size_t limit_;
  std::uint64_t size_ = 0;
  std::uint64_t torn_ = 0;
};

}  // namespace parley::store
