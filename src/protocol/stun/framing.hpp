// Datagrams on a TCP connection: a length of 16 bits before each (RFC 4571), as ICE-TCP uses it (RFC 6544).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace parley::stun {

/// Cuts a byte stream into datagrams. Drain poll() after each receive().
class FrameSplitter {
 public:
  /// A frame above `max_frame` fails the stream: nobody sends WebRTC packets beyond an MTU.
  explicit FrameSplitter(std::size_t max_frame = 2'048) : max_frame_{max_frame} {}

  void receive(std::span<const std::byte> bytes);
  /// Valid until the next receive(). Empty frames are skipped.
  std::optional<std::span<const std::byte>> poll();
  /// The connection is of no more use.
  bool failed() const { return failed_; }

 private:
  std::size_t max_frame_;
  std::vector<std::byte> buffer_;
  std::size_t consumed_ = 0;
  bool failed_ = false;
};

/// Puts the length before a datagram of at most 65,535 bytes.
std::vector<std::byte> frame(std::span<const std::byte> datagram);

}  // namespace parley::stun
