#include "net/address_policy.hpp"

#include <array>

namespace parley::net {

namespace {

struct Block {
  std::uint32_t network;
  int prefix;
};
constexpr std::array<Block, 15> not_public_v4{{
    {0x00000000, 8},   // this network
    {0x0A000000, 8},   // private
    {0x64400000, 10},  // shared, behind carriers' NAT
    {0x7F000000, 8},   // loopback
    {0xA9FE0000, 16},  // link-local, and the clouds' metadata services
    {0xAC100000, 12},  // private
    {0xC0000000, 24},  // IETF protocol assignments
    {0xC0000200, 24},  // documentation
    {0xC0586300, 24},  // 6to4 relays, withdrawn
    {0xC0A80000, 16},  // private
    {0xC6120000, 15},  // benchmarks
    {0xC6336400, 24},  // documentation
    {0xCB007100, 24},  // documentation
    {0xE0000000, 4},   // multicast
    {0xF0000000, 4},   // reserved, broadcast
}};

}  // namespace

bool is_public(const IpAddress& address) {
  if (!address.is_v6()) {
    for (const Block& block : not_public_v4)
      if ((address.v4_host_order() ^ block.network) >> (32 - block.prefix) == 0) return false;
    return true;
  }
  const auto& bytes = address.bytes();
  if ((bytes[0] & 0xE0) != 0x20) return false;  // only 2000::/3 is global unicast; NAT64 and ::ffff: are not in it
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return false;                     // 6to4
  if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 0x02) return false;  // 2001::/23, Teredo among them
  if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0D && bytes[3] == 0xB8) return false;  // documentation
  return !(bytes[0] == 0x3F && bytes[1] == 0xFF && bytes[2] < 0x10);  // 3fff::/20, documentation
}

}  // namespace parley::net
