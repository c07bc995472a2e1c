// RTP header extensions by meaning (RFC 8285): media id, audio level, transport-wide sequence number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "protocol/rtp/packet.hpp"

namespace parley::rtp {

// The names in `a=extmap`.
constexpr std::string_view mid_uri = "urn:ietf:params:rtp-hdrext:sdes:mid";                  // RFC 9143 §15
constexpr std::string_view audio_level_uri = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";  // RFC 6464
constexpr std::string_view transport_sequence_uri =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// What `a=extmap` has agreed on; 0: not negotiated.
struct ExtensionIds {
  std::uint8_t mid = 0;
  std::uint8_t audio_level = 0;
  std::uint8_t transport_sequence = 0;
};

/// RFC 6464 §3. The level is 0 to 127: −dBov, so 0 is the loudest and 127 silence.
struct AudioLevel {
  bool voice = false;
  std::uint8_t level = 127;
  bool operator==(const AudioLevel&) const = default;
};

/// What one packet says. An element of the wrong size counts as absent.
struct Extensions {
  std::string_view mid;  // views the packet; empty when absent
  std::optional<AudioLevel> audio_level;
  std::optional<std::uint16_t> transport_sequence;
};

Extensions read_extensions(const HeaderExtension& extension, const ExtensionIds& ids);

/// Puts a header extension together in a buffer of the caller's; result() is for Packet::extension.
/// What does not fit, an id out of range or data too long for the form is left out: add() says so.
class ExtensionWriter {
 public:
  enum class Form : std::uint8_t {
    one_byte,  // ids 1 to 14, 1 to 16 bytes each
    two_byte,  // ids 1 to 255, 0 to 255 bytes each; needs `a=extmap-allow-mixed`, or all packets so
  };
  explicit ExtensionWriter(std::span<std::byte> buffer, Form form = Form::one_byte) : buffer_{buffer}, form_{form} {}

  bool add(std::uint8_t id, std::span<const std::byte> data);
  bool mid(std::uint8_t id, std::string_view mid);
  bool audio_level(std::uint8_t id, AudioLevel level);
  bool transport_sequence(std::uint8_t id, std::uint16_t sequence);

  /// Padded to whole words; nothing when nothing was added.
  std::optional<HeaderExtension> result();

 private:
  std::span<std::byte> buffer_;
  Form form_;
  std::size_t size_ = 0;
};

}  // namespace parley::rtp
