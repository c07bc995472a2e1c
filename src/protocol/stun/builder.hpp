// Writes STUN messages (RFC 8489).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "protocol/stun/message.hpp"

namespace parley::stun {

TransactionId make_transaction_id(Random& random);

/// Attributes go out in the order of the calls. What does not fit aborts: all sizes are our own choice, or
/// bounded where they were read.
class Builder {
 public:
  Builder(Class message_class, const TransactionId& transaction_id, std::uint16_t method = binding);

  Builder& username(std::string_view username);  // at most 513 bytes (RFC 8489 §14.3)
  Builder& priority(std::uint32_t priority);
  Builder& use_candidate();
  Builder& ice_controlled(std::uint64_t tie_breaker);
  Builder& ice_controlling(std::uint64_t tie_breaker);
  Builder& xor_mapped_address(const Endpoint& address);
  Builder& error_code(int code, std::string_view reason);
  Builder& unknown_attributes(std::span<const std::uint16_t> types);
  Builder& software(std::string_view name);
  /// Any other attribute, value as it is.
  Builder& attribute(std::uint16_t type, std::span<const std::byte> value);

  /// With FINGERPRINT at the end.
  std::vector<std::byte> finish();
  /// With MESSAGE-INTEGRITY (short-term) and FINGERPRINT at the end.
  std::vector<std::byte> finish(std::string_view password);

 private:
  Builder& add(AttributeType type, std::span<const std::byte> value);
  void set_length(std::size_t following);

  std::array<std::byte, 1024> buffer_;
  std::size_t size_ = 0;
};

/// Of the errors that an ICE agent answers with: 400, 401, 420 (RFC 8489 §14.8) and 487 (RFC 8445 §7.3.1.1).
std::string_view reason_phrase(int code);

}  // namespace parley::stun
