// One SRTP session between plain packets and a port's datagrams.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "legs/media/media_port.hpp"
#include "protocol/rtp/packet.hpp"
#include "protocol/srtp/session.hpp"

namespace parley::legs {

inline constexpr std::size_t max_protected_packet = 2'048;

/// Its buffers are its own, because a datagram that came is read only and a packet to send has no room for the tag.
/// RTP or RTCP is seen in the packet itself (RFC 5761 §4).
class SrtpStream {
 public:
  explicit SrtpStream(const srtp::Keys& keys) : session_{keys} {}

  void rekey(const srtp::Keys& keys) { session_.rekey(keys); }
  srtp::Profile profile() const { return session_.profile(); }

  /// Valid until the next one.
  Result<std::span<const std::byte>, srtp::Error> open(std::span<const std::byte> datagram) {
    if (datagram.size() > buffer_.size()) return std::unexpected(srtp::Error::malformed);
    std::ranges::copy(datagram, buffer_.begin());
    const auto copy = std::span{buffer_}.first(datagram.size());
    auto plain = rtp::is_rtcp(datagram) ? session_.unprotect_rtcp(copy) : session_.unprotect(copy);
    if (!plain) return std::unexpected(plain.error());
    return *plain;
  }
  std::optional<std::span<const std::byte>> seal(std::span<const std::byte> packet) {
    if (packet.size() + srtp::max_overhead > buffer_.size()) return std::nullopt;
    std::ranges::copy(packet, buffer_.begin());
    const auto sealed =
        rtp::is_rtcp(packet) ? session_.protect_rtcp(buffer_, packet.size()) : session_.protect(buffer_, packet.size());
    return sealed ? std::optional<std::span<const std::byte>>{*sealed} : std::nullopt;
  }

 private:
  srtp::Session session_;
  std::array<std::byte, max_protected_packet> buffer_{};
};

}  // namespace parley::legs
