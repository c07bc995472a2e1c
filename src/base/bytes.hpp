// Reading and writing network byte order without running past an end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace parley {

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}
inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Takes big-endian fields off the front of a buffer. Past the end it yields zeros and remembers
/// that it failed, so a parser checks once, after the last field.
class ByteReader {
 public:
  constexpr explicit ByteReader(std::span<const std::byte> bytes) : rest_{bytes} {}

  constexpr std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  constexpr std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  constexpr std::uint32_t u24() { return static_cast<std::uint32_t>(number(3)); }
  constexpr std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  constexpr std::uint64_t u64() { return number(8); }

  /// The next `size` bytes, or an empty span when there are fewer.
  constexpr std::span<const std::byte> take(std::size_t size) {
    if (size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  constexpr void skip(std::size_t size) { (void)take(size); }

  constexpr std::span<const std::byte> rest() const { return rest_; }
  constexpr bool empty() const { return rest_.empty(); }
  constexpr bool failed() const { return failed_; }

 private:
  constexpr std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const std::byte byte : take(size)) value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return value;
  }

  std::span<const std::byte> rest_;
  bool failed_ = false;
};

/// Puts big-endian fields into a buffer of fixed size. Past the end it writes nothing and
/// remembers that it failed.
class ByteWriter {
 public:
  constexpr explicit ByteWriter(std::span<std::byte> buffer) : buffer_{buffer} {}

  constexpr void u8(std::uint8_t value) { number(value, 1); }
  constexpr void u16(std::uint16_t value) { number(value, 2); }
  constexpr void u24(std::uint32_t value) { number(value, 3); }
  constexpr void u32(std::uint32_t value) { number(value, 4); }
  constexpr void u64(std::uint64_t value) { number(value, 8); }
  constexpr void put(std::span<const std::byte> bytes) {
    if (!fits(bytes.size())) return;
    for (const std::byte byte : bytes) buffer_[size_++] = byte;
  }

  constexpr std::span<const std::byte> written() const { return buffer_.first(size_); }
  constexpr std::size_t size() const { return size_; }
  constexpr bool failed() const { return failed_; }

 private:
  constexpr bool fits(std::size_t size) {
    if (size > buffer_.size() - size_) failed_ = true;
    return !failed_;
  }
  constexpr void number(std::uint64_t value, std::size_t size) {
    if (!fits(size)) return;
    for (std::size_t i = 0; i < size; ++i) buffer_[size_ + i] = static_cast<std::byte>(value >> (8 * (size - 1 - i)));
    size_ += size;
  }

  std::span<std::byte> buffer_;
  std::size_t size_ = 0;
  bool failed_ = false;
};

}  // namespace parley
