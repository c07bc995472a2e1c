#include "protocol/stun/framing.hpp"

#include <utility>

#include "base/assert.hpp"
#include "base/bytes.hpp"

namespace parley::stun {

void FrameSplitter::receive(std::span<const std::byte> bytes) {
  if (failed_) return;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(std::exchange(consumed_, 0)));
  // Whoever drains poll() leaves less than one frame behind.
  if (buffer_.size() > 2 + max_frame_) failed_ = true;
  else buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<std::span<const std::byte>> FrameSplitter::poll() {
  while (!failed_) {
    ByteReader in{std::span<const std::byte>{buffer_}.subspan(consumed_)};
    const std::size_t size = in.u16();
    if (in.failed()) return std::nullopt;
    if (size > max_frame_) {
      failed_ = true;
      return std::nullopt;
    }
    const auto datagram = in.take(size);
    if (in.failed()) return std::nullopt;
    consumed_ += 2 + size;
    if (size != 0) return datagram;
  }
  return std::nullopt;
}

std::vector<std::byte> frame(std::span<const std::byte> datagram) {
  PARLEY_ASSERT(datagram.size() <= 0xFFFF);
  std::vector<std::byte> framed(2 + datagram.size());
  ByteWriter out{framed};
  out.u16(static_cast<std::uint16_t>(datagram.size()));
  out.put(datagram);
  return framed;
}

}  // namespace parley::stun
