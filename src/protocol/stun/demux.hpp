// Which protocol a datagram on a WebRTC port belongs to, and which session a STUN request asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace parley::stun {

/// By the first byte (RFC 7983). RTCP is told from RTP by its second byte (RFC 5761 §4).
enum class PacketKind : std::uint8_t { stun, dtls, rtp, rtcp, unknown };
PacketKind kind_of(std::span<const std::byte> datagram);

/// The part of a Binding request's USERNAME before the colon: the ufrag that the receiver gave out.
/// Nothing when it is no such request. Not authenticated: good for finding a session, no more. Views the datagram.
std::optional<std::string_view> local_ufrag(std::span<const std::byte> datagram);

}  // namespace parley::stun
