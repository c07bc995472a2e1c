#include "store/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.hpp"

namespace parley::store {
namespace {

constexpr std::size_t header_size = 8;
constexpr std::size_t max_record = 16U << 20;  // far above any row; bounds what a damaged length costs

constexpr auto crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xEDB88320U ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  return table;
}();

/// CRC-32 of ISO 3309, as zip and PNG use it.
std::uint32_t crc32(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : text) crc = crc_table[(crc ^ static_cast<unsigned char>(c)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

bool write_all(int descriptor, std::string_view bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const auto written = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += static_cast<std::uint64_t>(written);
  }
  return true;
}

/// As many bytes as there are, up to `size`.
std::optional<std::string> read_up_to(int descriptor, std::uint64_t at, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const auto got = ::pread(descriptor, bytes.data() + have, size - have, static_cast<off_t>(at + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

struct Record {
  std::string payload;
  bool whole = false;
};

/// Nothing when the disk fails. Not whole: torn, damaged, or the end of the file.
std::optional<Record> read_record(int descriptor, std::uint64_t at) {
  const auto header = read_up_to(descriptor, at, header_size);
  if (!header) return std::nullopt;
  ByteReader in{as_bytes(*header)};
  const auto length = in.u32();
  const auto crc = in.u32();
  if (in.failed() || length > max_record) return Record{};
  auto payload = read_up_to(descriptor, at + header_size, length);
  if (!payload) return std::nullopt;
  const bool whole = payload->size() == length && crc32(*payload) == crc;
  return Record{std::move(*payload), whole};
}

void put_record(std::string& out, const std::string& payload) {
  std::array<std::byte, header_size> header;
  ByteWriter writer{header};
  writer.u32(static_cast<std::uint32_t>(payload.size()));
  writer.u32(crc32(payload));
  out.append(as_text(header));
  out.append(payload);
}

}  // namespace

Result<Journal, StoreError> Journal::open(std::filesystem::path file, std::size_t limit) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  Journal journal{std::move(file), descriptor, limit};
  if (descriptor < 0) return std::unexpected(journal.failed("opening"));
  // The name must survive a power cut too, not only what is in the file.
  const auto parent = journal.file_.parent_path();
  const int folder = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::fsync(folder) == 0;
  if (folder >= 0) ::close(folder);
  if (!synced) return std::unexpected(journal.failed("opening the folder of"));
  if (auto cut = journal.cut_torn_end(); !cut) return std::unexpected(cut.error());
  return journal;
}

Journal::Journal(Journal&& other) noexcept
    : file_{std::move(other.file_)},
      descriptor_{std::exchange(other.descriptor_, -1)},
      limit_{other.limit_},
      size_{other.size_},
      torn_{other.torn_} {}

Journal::~Journal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

StoreError Journal::failed(std::string_view doing) const {
  const int code = errno;
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return {full ? StoreError::Code::journal_full : StoreError::Code::away,
          fmt::format("{}: {} the journal failed: {}", file_.string(), doing, std::strerror(code))};
}

Result<void, StoreError> Journal::cut_torn_end() {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) return std::unexpected(failed("reading"));
  const auto file_size = static_cast<std::uint64_t>(status.st_size);
  while (size_ < file_size) {
    const auto record = read_record(descriptor_, size_);
    if (!record) return std::unexpected(failed("reading"));
    if (!record->whole) break;
    size_ += header_size + record->payload.size();
  }
  torn_ = file_size - size_;
  if (torn_ > 0 && ::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0)
    return std::unexpected(failed("cutting the torn end of"));
  return {};
}

Result<void, StoreError> Journal::append(std::span<const Operation> operations) {
  std::string bytes;
  for (const Operation& operation : operations) put_record(bytes, to_json(operation));
  if (size_ + bytes.size() > limit_)
    return std::unexpected(
        StoreError{StoreError::Code::journal_full,
                   fmt::format("{}: the journal has reached its {} bytes and the database is still away",
                               file_.string(), limit_)});
  if (!write_all(descriptor_, bytes, size_) || ::fdatasync(descriptor_) != 0) {
    auto error = failed("writing");
    // What did get there must not be taken for accepted; if cutting fails too, the next append overwrites it.
    if (::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) error.message += ", and so did taking it back";
    return std::unexpected(std::move(error));
  }
  size_ += bytes.size();
  return {};
}

Result<Journal::Page, StoreError> Journal::read(std::uint64_t from, std::size_t limit) const {
  Page page{{}, from, 0};
  while (page.end < size_ && page.operations.size() < limit) {
    const auto record = read_record(descriptor_, page.end);
    if (!record) return std::unexpected(failed("reading"));
    if (!record->whole)
      return std::unexpected(
          StoreError{StoreError::Code::corrupt, fmt::format("{}: damaged at byte {}", file_.string(), page.end)});
    page.end += header_size + record->payload.size();
    if (auto operation = operation_from_json(record->payload)) page.operations.push_back(std::move(*operation));
    else ++page.unreadable;
  }
  return page;
}

Result<void, StoreError> Journal::clear() {
  if (::ftruncate(descriptor_, 0) != 0 || ::fsync(descriptor_) != 0) return std::unexpected(failed("emptying"));
  size_ = 0;
  return {};
}

}  // namespace parley::store
