// What a REGISTER says about the way that it came (RFC 5626).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "protocol/sip/message.hpp"

namespace parley::sip {

/// How long a flow of a phone that does outbound may be silent: what `Flow-Timer` in the 200 to its
/// REGISTER promises (RFC 5626 §6), with some time on top before the flow counts as lost.
inline constexpr std::chrono::seconds flow_timer{120};
inline constexpr std::chrono::seconds flow_timer_grace{30};

/// The instance of a phone and which of its flows this is: a later binding with both the same takes
/// the earlier one's place, whatever its address (§6).
struct OutboundBinding {
  std::string instance;  // `urn:uuid:…`, without the angle brackets
  std::uint32_t reg_id = 0;
  bool operator==(const OutboundBinding&) const = default;
};

enum class OutboundUse : std::uint8_t {
  none,       // an ordinary binding: reached by its address (or, from behind a NAT, by where it came from)
  direct,     // reached by the flow that the REGISTER came on; the 200 says Require: outbound
  first_hop,  // a proxy between us has no outbound: answer 439
};

struct Outbound {
  OutboundUse use = OutboundUse::none;
  std::optional<OutboundBinding> binding;  // where there is an instance and a good reg-id
  std::string instance;                    // may be there without reg-id: it still names the phone
};

/// What `binding`, a Contact of `request`, asks for.
Outbound outbound_of(const Message& request, const NameAddr& contact);

}  // namespace parley::sip
