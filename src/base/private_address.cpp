#include "base/private_address.hpp"

namespace parley {

bool is_private(const IpAddress& address) {
  if (address.is_loopback()) return true;
  const auto& bytes = address.bytes();
  if (address.is_v6()) return (bytes[0] & 0xFE) == 0xFC || (bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80);
  return bytes[0] == 10 || (bytes[0] == 172 && (bytes[1] & 0xF0) == 16) || (bytes[0] == 192 && bytes[1] == 168) ||
         (bytes[0] == 169 && bytes[1] == 254) || (bytes[0] == 100 && (bytes[1] & 0xC0) == 64);
}

}  // namespace parley
