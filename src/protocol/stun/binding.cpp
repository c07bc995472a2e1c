#include "protocol/stun/binding.hpp"

#include "protocol/stun/builder.hpp"
#include "protocol/stun/message.hpp"

namespace parley::stun {

std::optional<std::vector<std::byte>> answer_binding(std::span<const std::byte> datagram, const Endpoint& source) {
  const auto request = parse(datagram);
  if (!request || request->message_class != Class::request || request->method != binding) return std::nullopt;
  const auto contents = read(*request);
  if (contents.malformed || contents.unknown_count > 0 || (contents.has_fingerprint && !verify_fingerprint(*request)))
    return std::nullopt;  // an error would help nobody who asks for its own address
  return Builder{Class::success, request->transaction_id}.xor_mapped_address(source).finish();
}

}  // namespace parley::stun
